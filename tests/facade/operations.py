"""An operation of each method, for what depends on the method."""

from __future__ import annotations

from maia_scim import patch
from maia_scim.models import ScimUser

USER = ScimUser(id="1", user_name="b", active=True)
OPERATIONS = {
    "GET": lambda client: client.users.get("1"),
    "PUT": lambda client: client.users.replace(USER),
    "PATCH": lambda client: client.users.patch("1", patch.replace("title", "x")),
    "POST": lambda client: client.users.create(USER),
}
