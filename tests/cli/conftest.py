"""No test of the command line reads the profiles, the editor, the colours or the certificates of whoever runs it."""

import socket

import pytest

from maia_scim.cli.checkup.bench import Bench
from maia_scim.sandbox import Sandbox


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "VISUAL", "EDITOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MAIA_PROFILES", str(tmp_path_factory.mktemp("profiles") / "profiles.toml"))


@pytest.fixture
def sandbox(monkeypatch):
    """A sandbox that the environment leads to."""
    with Sandbox() as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def unresolved(monkeypatch):
    """No name has addresses: nothing goes to the service itself."""
    real = socket.getaddrinfo

    def look_up(host, *rest, **options):
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of this machine."""

    def set_clock(seconds):
        monkeypatch.setattr(Bench, "now", lambda self: seconds)

    return set_clock
