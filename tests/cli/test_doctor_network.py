"""``maia-scim doctor``: names, connections and TLS."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from maia_scim.cli.checkup import certificates, reach
from maia_scim.sandbox import Sandbox, faults
from tests.cli.command import spawn
from tests.cli.doctoring import (
    AUTHORITY,
    EARLY,
    EXPIRED,
    KEY,
    OTHER,
    SELF_SIGNED,
    as_localhost,
    examine,
    pem,
    serving,
    set_all,
    told,
)
from tests.support.canary import TOKEN

# -- Names and connections


def by_name(monkeypatch, sandbox, scheme="http"):
    url = sandbox.base_url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("MAIA_BASE_URL", url)
    return url


def test_a_name_and_its_addresses(sandbox, monkeypatch):
    as_localhost(monkeypatch, "127.0.0.1", "127.0.0.2")
    by_name(monkeypatch, sandbox)

    checks = examine()

    assert told(checks["dns"])[:2] == ("ok", "localhost is 127.0.0.1, 127.0.0.2")
    status, found, todo = told(checks["ipv4"])
    assert status == "warn", "nobody listens at the second"
    assert "127.0.0.2 connection refused" in found
    assert "some addresses" in todo


def test_a_name_without_any_address(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    set_all(monkeypatch, MAIA_BASE_URL="https://maia.example/dpc", MAIA_TOKEN=TOKEN)

    assert "neither IPv4 nor IPv6" in examine(code=1)["dns"]["found"]


def test_a_resolver_that_does_not_answer(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20))
    set_all(monkeypatch, MAIA_BASE_URL="https://maia.example/dpc", MAIA_TOKEN=TOKEN)

    status, found, todo = told(examine("--timeout", "0.05", code=1)["dns"])

    over.set()
    assert (status, "no answer within 0.05 s" in found, "resolver" in todo) == ("fail", True, True)


def test_a_resolver_that_does_not_answer_does_not_keep_the_process(monkeypatch):
    set_all(monkeypatch, MAIA_BASE_URL="https://maia.example/dpc", MAIA_TOKEN=TOKEN)
    hanging = "import socket, time; socket.getaddrinfo = lambda *_, **__: time.sleep(60);"

    assert spawn("doctor", "--timeout", "0.1", before=hanging).code == 1


def test_a_private_address_of_a_region(monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: real("127.0.0.3", port, type=socket.SOCK_STREAM))
    set_all(monkeypatch, MAIA_REGION="eu1", MAIA_TOKEN=TOKEN)

    status, found, todo = told(examine(code=1)["dns"])

    assert (status, "no address of the internet" in found, "DNS filter" in todo) == ("warn", True, True)


def test_a_service_that_refuses_connections(sandbox):
    with sandbox.refusing_connections():
        checks = examine(code=1)

    status, found, todo = told(checks["ipv4"])
    assert (status, "connection refused" in found.lower(), "firewall" in todo) == ("fail", True, True)
    assert told(checks["region"])[:2] == ("skipped", "since ipv4 and token failed")
    assert "can be reached from here" in checks["token"]["todo"]


@contextmanager
def full():
    """A port at which connections are never made: the queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            each = socket.socket()
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
            waiting.append(each)
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse where the queue is full")
def test_connections_that_are_never_made_end_in_time(monkeypatch):
    with full() as port:
        set_all(monkeypatch, MAIA_BASE_URL=f"https://127.0.0.1:{port}/dpc", MAIA_TOKEN=TOKEN)

        status, found, todo = told(examine("--timeout", "0.1", code=1)["ipv4"])

    assert (status, "no answer within 0.1 s" in found, f"port {port}" in todo) == ("fail", True, True)


IPV6 = socket.has_ipv6 and not any(
    reached.problem for reached in reach.connect_all([reach.Address(6, "::1", ("::1", 9, 0, 0))], 1) if reached.no_way
)
needs_ipv6 = pytest.mark.skipif(not IPV6, reason="no IPv6 here")


@needs_ipv6
def test_ipv6_that_does_not_answer_beside_ipv4_that_does(sandbox, monkeypatch):
    as_localhost(monkeypatch, "::1", "127.0.0.1")
    by_name(monkeypatch, sandbox)

    checks = examine()

    status, found, todo = told(checks["ipv6"])
    assert (status, "::1 connection refused" in found, "ipv4_only" in todo) == ("warn", True, True)
    assert checks["ipv4"]["status"] == checks["region"]["status"] == "ok"


def test_a_machine_without_ipv6_is_well(sandbox, monkeypatch):
    as_localhost(monkeypatch, "::1", "127.0.0.1")
    by_name(monkeypatch, sandbox)
    monkeypatch.setattr(reach, "opened", no_way_over_ipv6(reach.opened))

    checks = examine()

    assert told(checks["ipv6"])[:2] == ("skipped", "this machine has no way out over IPv6 (Network is unreachable)")


def no_way_over_ipv6(opened):
    import errno

    def open_it(address, seconds):
        if address.version == 6:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return opened(address, seconds)

    return open_it


@contextmanager
def over_ipv6(port, status, detail):
    """A service at the same port over IPv6 that answers all with a problem."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"status": status, "detail": detail}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(HTTPServer):
        address_family = socket.AF_INET6

    with Server(("::1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


@needs_ipv6
def test_ipv4_that_does_not_answer_beside_ipv6_that_does(monkeypatch):
    as_localhost(monkeypatch, "::1", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    set_all(monkeypatch, MAIA_BASE_URL=f"http://localhost:{port}/dpc", MAIA_TOKEN=TOKEN)
    with over_ipv6(port, 404, "no such user"):
        checks = examine()

    status, found, todo = told(checks["ipv4"])
    assert (status, "127.0.0.1 connection refused" in found, "all goes over IPv6" in todo) == ("warn", True, True)
    assert checks["answers"]["facts"]["peer"] == "::1"


@needs_ipv6
@pytest.mark.parametrize("allowed", [True, False])
def test_an_allow_list_of_ipv4_addresses(monkeypatch, allowed):
    with Sandbox(allowed_ips=["127.0.0.1" if allowed else "10.0.0.1"]) as sandbox:
        set_all(monkeypatch, **sandbox.environment)
        as_localhost(monkeypatch, "::1", "127.0.0.1")
        url = by_name(monkeypatch, sandbox)
        with over_ipv6(int(url.rpartition(":")[2].partition("/")[0]), 403, "IP not allowed for any organization"):
            status, found, todo = told(examine(code=1)["region"])

    assert status == "fail"
    if allowed:
        assert "refuses IPv6 (the request came to ::1), and takes IPv4" in found
        assert "ipv4_only = true" in todo
    else:
        assert "over IPv4 it refuses the address" in found
        assert "IP allow list" in todo


# -- TLS


def test_tls_that_is_trusted(monkeypatch):
    with serving(SELF_SIGNED) as sandbox:
        set_all(monkeypatch, SSL_CERT_FILE=str(SELF_SIGNED), **sandbox.environment)
        checks = examine()

    status, found, _ = told(checks["tls"])
    assert (status, found.startswith("TLSv1.3, certificate of localhost, ")) == ("ok", True)
    assert checks["region"]["status"] == "ok"


def test_a_certificate_that_ends_soon(monkeypatch, at):
    at(4_948_596_469.0)  # six and a half days before
    with serving(SELF_SIGNED) as sandbox:
        set_all(monkeypatch, SSL_CERT_FILE=str(SELF_SIGNED), **sandbox.environment)
        status, found, todo = told(examine(code=1)["tls"])  # of the clock

    assert (status, "renewed soon" in todo) == ("warn", True)
    assert found.endswith(" 6 days left")


def test_a_self_signed_certificate(monkeypatch):
    with serving(SELF_SIGNED) as sandbox:
        set_all(monkeypatch, REQUESTS_CA_BUNDLE="/somewhere.pem", **sandbox.environment)
        checks = examine(code=1)

    status, found, todo = told(checks["tls"])
    assert (status, "issued by itself, is not trusted" in found) == ("fail", True)
    assert "SSL_CERT_FILE" in todo
    assert "REQUESTS_CA_BUNDLE is not read here" in todo
    assert "REQUESTS_CA_BUNDLE set" in checks["environment"]["found"]
    assert checks["region"]["found"].startswith("since tls")
    assert sandbox.token_requests == 0


@pytest.mark.parametrize(
    ("certificate", "trusted", "expected", "todo"),
    [
        (OTHER, False, "issued by Example Corp, Inspection CA, is not trusted", "a proxy of your company"),
        (OTHER, True, "issued by Example Corp, Inspection CA, is for another host", "sign-in page"),
        (EXPIRED, True, "ended on 2021-01-01; this machine's clock says ", "set the clock"),
        (EARLY, True, "is not valid yet; this machine's clock says ", "set the clock"),
    ],
    ids=["corporate", "host", "ended", "early"],
)
def test_certificates_that_are_not_trusted(certificate, trusted, expected, todo, monkeypatch, tmp_path):
    (tmp_path / "authority.pem").write_text(AUTHORITY)
    with serving(pem(tmp_path, certificate, KEY)) as sandbox:
        set_all(monkeypatch, **sandbox.environment)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        check = examine(code=1)["tls"]

    assert check["status"] == "fail"
    assert expected in check["found"]
    assert todo in check["todo"]


def test_a_handshake_that_is_never_answered_ends_in_time(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        set_all(monkeypatch, MAIA_BASE_URL=f"https://127.0.0.1:{port}/dpc", MAIA_TOKEN=TOKEN)
        checks = examine("--timeout", "0.1", code=1)

    assert checks["ipv4"]["status"] == "ok"
    status, found, todo = told(checks["tls"])
    assert (status, "does not answer the handshake within 0.1 s" in found, "firewall" in todo) == ("fail", True, True)


def test_no_tls_where_tls_should_be(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_BASE_URL", sandbox.base_url.replace("http:", "https:"))

    status, found, todo = told(examine(code=1)["tls"])

    assert (status, "speaks no TLS" in found, "scheme" in todo) == ("fail", True, True)


def test_a_handshake_that_is_refused(monkeypatch):
    with serving(SELF_SIGNED) as sandbox:
        set_all(monkeypatch, SSL_CERT_FILE=str(SELF_SIGNED), **sandbox.environment)
        sandbox.inject(faults.TlsFailure(), times=None)
        status, found, todo = told(examine(code=1)["tls"])

    assert (status, "refuses the handshake" in found, "client certificate" in todo) == ("fail", True, True)


def test_a_connection_that_is_cut_off(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as cutting:

        def cut():
            for _ in range(2):
                cutting.accept()[0].close()

        thread = threading.Thread(target=cut)
        thread.start()
        set_all(monkeypatch, MAIA_BASE_URL=f"https://127.0.0.1:{cutting.getsockname()[1]}/dpc", MAIA_TOKEN=TOKEN)
        status, found, todo = told(examine(code=1)["tls"])
        thread.join()

    assert (status, "ends the handshake" in found, "firewall" in todo) == ("fail", True, True)


def test_the_token_endpoint_has_its_own_way(sandbox, monkeypatch, tmp_path):
    (tmp_path / "authority.pem").write_text(AUTHORITY)
    with serving(pem(tmp_path, EXPIRED, KEY)) as other:
        set_all(monkeypatch, SSL_CERT_FILE=str(tmp_path / "authority.pem"), MAIA_TOKEN_URL=other.token_url)
        checks = examine(code=1)

    assert "ended on 2021-01-01" in checks["token endpoint"]["found"]
    assert told(checks["token"])[:2] == ("skipped", "since token endpoint failed")
    assert checks["ipv4"]["status"] == "ok"


def test_a_token_endpoint_that_is_well_on_another_host(sandbox, monkeypatch):
    with serving(SELF_SIGNED) as other:
        set_all(monkeypatch, SSL_CERT_FILE=str(SELF_SIGNED), MAIA_TOKEN_URL=other.token_url)
        checks = examine(code=1)
        assert checks["token endpoint"]["status"] == "ok"
        assert "127.0.0.1: 127.0.0.1 in " in checks["token endpoint"]["found"]
        with other.refusing_connections():
            assert "firewall" in examine(code=1)["token endpoint"]["todo"]


def test_certificates_that_cannot_be_read():
    der = ssl.PEM_cert_to_DER_cert(OTHER)

    found = certificates.read(der)

    assert found is not None
    assert (found.issuer, found.own, found.ends.year) == ("Example Corp, Inspection CA", False, 2126)
    assert all(certificates.read(der[:size]) is None for size in range(0, len(der), 7))
