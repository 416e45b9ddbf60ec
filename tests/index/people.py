"""Users to note, and clients of an account."""

from datetime import UTC, datetime

from maia_scim import ClientCredentials, MaiaScim
from tests.support.canary import CLIENT_SECRET

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
BABS = {
    "id": "u1",
    "userName": "Babs.Jensen@example.com",
    "emails": [{"value": "babs@example.com", "primary": True}, {"value": "b@jensen.example"}],
    "externalId": "701984",
    "displayName": "Barbara Jensen",
    "active": True,
}


def client(base_url="http://127.0.0.1:9/dpc", account="3f2a"):
    return MaiaScim(base_url=base_url, auth=ClientCredentials(client_id=account, client_secret=CLIENT_SECRET))


def user(id, name, **more):
    return {"id": id, "userName": name, **more}
