"""A sandbox that wants a client certificate."""

from __future__ import annotations

import ssl

from maia_scim.sandbox import Sandbox
from tests.examples.conftest import EXAMPLES
from tests.support.canary import CLIENT_SECRET

# For 127.0.0.1, with its key, signed by itself: the server's, the client's, and whom both trust.
CERTIFICATE = str(EXAMPLES.parent / "tests" / "support" / "self_signed.pem")


def service(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> Sandbox:
    """A sandbox behind TLS, for those who show its certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=CERTIFICATE)
    context.load_cert_chain(CERTIFICATE)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    return Sandbox(tls=context, client_secret=CLIENT_SECRET)
