"""A call that carries a password, and credentials of a secret."""

from __future__ import annotations

from maia_scim import ClientCredentials
from maia_scim.models import ScimUser
from tests.support.canary import CLIENT_SECRET, PASSWORD

USER = ScimUser(id="1", active=True, password=PASSWORD)


def replace(client):
    return client.users.replace(USER)


def credentials(server, **more):
    return ClientCredentials(
        **{"client_id": "me", "client_secret": CLIENT_SECRET, "token_url": server.token_url, **more}
    )
