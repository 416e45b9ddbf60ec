"""A proxy and a client certificate, on a real network: that of this machine."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from maia_scim.sandbox import Sandbox
from tests.cli.doctoring import KEY, OTHER
from tests.examples.conftest import BARBARA, run
from tests.examples.connect_proxy import ConnectProxy
from tests.examples.mtls import CERTIFICATE, service
from tests.support.canary import PASSWORD, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with service() as sandbox:
        yield sandbox


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy("me", PASSWORD) as proxy:
        yield proxy


@pytest.fixture
def example(imported: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PROXY_USER", "me")
    monkeypatch.setenv("PROXY_PASSWORD", PASSWORD)
    return imported("proxy_and_mtls")


def options(proxy: ConnectProxy, *more: str) -> list[str]:
    return [BARBARA, "--proxy", f"http://{proxy.address}", "--authority", CERTIFICATE, *more]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_user_is_read_through_proxy_and_tls(version: ssl.TLSVersion, proxy: ConnectProxy) -> None:
    arguments = options(proxy, "--certificate", CERTIFICATE)
    with service(version) as sandbox:
        done = run(sandbox, "proxy_and_mtls.py", *arguments, PROXY_USER="me", PROXY_PASSWORD=PASSWORD)
        address = httpx.URL(sandbox.base_url).netloc.decode()

    assert (done.returncode, done.stdout, done.stderr) == (0, f"bjensen ({BARBARA})\n", "")
    assert [(request.method, request.id) for request in sandbox.requests] == [("GET", BARBARA)]
    assert sandbox.token_requests == 1
    assert proxy.tunnels == [address]  # token and user over one connection


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch, example: Any) -> None:
    """With a token at hand, the first request is the call itself."""
    monkeypatch.setenv("MAIA_TOKEN", TOKEN)


@pytest.mark.usefixtures("token")
def test_without_a_certificate_nothing_is_sent(
    example: Any, sandbox: Sandbox, proxy: ConnectProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example.main(options(proxy)) == 1

    told = capsys.readouterr()
    assert told.err.startswith("TransportError (not_sent): GET https://127.0.0.1:")
    assert ("was not sent: ConnectError: " in told.err, told.err.count("\n"), told.out) == (True, 1, "")
    assert set(proxy.tunnels) == {httpx.URL(sandbox.base_url).netloc.decode()}
    assert not sandbox.requests


@pytest.mark.usefixtures("token")
def test_nor_with_a_certificate_that_the_server_does_not_know(
    example: Any, sandbox: Sandbox, proxy: ConnectProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, key = tmp_path / "client.pem", tmp_path / "key.pem"
    certificate.write_text(OTHER)
    key.write_text(KEY)

    assert example.main(options(proxy, "--certificate", str(certificate), "--key", str(key))) == 1

    assert capsys.readouterr().err.startswith("TransportError (not_sent): GET ")
    assert not sandbox.requests


@pytest.mark.usefixtures("token")
def test_of_tls_1_3_it_is_not_known_since_the_client_is_looked_at_after_it_has_sent(
    example: Any, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with service(ssl.TLSVersion.TLSv1_3) as sandbox:
        monkeypatch.setenv("MAIA_BASE_URL", sandbox.base_url)

        assert example.main(options(proxy)) == 1

    assert capsys.readouterr().err.startswith("TransportError (unknown): GET ")
    assert not sandbox.requests


def test_a_proxy_that_does_not_know_the_password(
    example: Any,
    sandbox: Sandbox,
    proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever it is, a wrong password is as secret as the right one."""
    monkeypatch.setenv("PROXY_USER", "you")

    assert example.main(options(proxy, "--certificate", CERTIFICATE)) == 1

    told = capsys.readouterr().err
    assert told.startswith("TokenError (not_sent): ")
    assert ("407" in told, PASSWORD in told) == (True, False)
    assert proxy.asked
    assert proxy.tunnels == []
    assert sandbox.token_requests == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([BARBARA, "--proxy", f"http://me:{PASSWORD}"], "--proxy is no address"),
        ([BARBARA, "--proxy", f"gopher://me:{PASSWORD}@127.0.0.1"], "Unknown scheme for proxy URL"),
        ([BARBARA, "--proxy", "http://127.0.0.1", "--certificate", "nowhere.pem"], "No such file"),
        (["--proxy", "http://127.0.0.1", "../Groups/1"], "is no id of a user"),
        ([], "required: user_id, --proxy"),
    ],
    ids=["no address", "no proxy", "no file", "no id", "nothing"],
)
def test_what_cannot_be_used_is_told_without_a_password(arguments: list[str], told: str, sandbox: Sandbox) -> None:
    done = run(sandbox, "proxy_and_mtls.py", *arguments, PROXY_USER="me", PROXY_PASSWORD=PASSWORD)

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr  # and no password: the output of processes is looked at
