"""Where the first user is, and whether a service is down."""

import socket
from urllib.parse import urlsplit

from tests.sandbox.wire import SECONDS

BJENSEN = "/v1/directory-integration/scim/v2/Users/2819c223-7f76-453a-919d-413861904646"


def refused(url: str) -> bool:
    """Tell whether a connection is refused, by name: not reset, not timed out."""
    try:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=SECONDS):
            return False
    except ConnectionRefusedError:
        return True
