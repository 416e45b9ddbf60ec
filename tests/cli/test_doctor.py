"""``maia-scim doctor``: what each check finds, what it says to do, and that it shows no secret."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest

from maia_scim.cli.checkup import access, certificates, jwt, pasted, proxies, reach
from maia_scim.cli.checkup.bench import Bench
from maia_scim.cli.checkup.checks import CHECKS
from maia_scim.cli.checkup.recorder import Exchange
from maia_scim.sandbox import Sandbox, faults
from tests.cli.command import BARBARA, NOBODY, at_terminal, invoke, spawn
from tests.support.canary import CLIENT_SECRET, TOKEN, clean

SELF_SIGNED = Path(__file__).parents[1] / "support" / "self_signed.pem"
START = 1_800_000_000.0  # a moment of 2027
# A key, an authority that nobody knows, and certificates of it: for another host, ended, not begun.
AUTHORITY = """\
-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIUE7EqaxDI3CYXcbGq7euCtDghuLAwCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAvMRUwEwYDVQQKDAxF
eGFtcGxlIENvcnAxFjAUBgNVBAMMDUluc3BlY3Rpb24gQ0EwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAATdnyCzGPJiXamik+kClNIpIjZdXFvmsa2PsIeM2rr4yzIB
+RRQQGPMDyZjyD6E464aVFZTimpu9iHeog5MANDeo0IwQDAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUa4FbreuShyypgd66wV+sDumS
b+8wCgYIKoZIzj0EAwIDRwAwRAIgHLBSrM8DW26meJZ5pyFPvX13vS5lmAXlD2BI
qDkJABECIF2Ofvv6eyBHzhQbjUKJISOvwnkJchDo89pMO5roJ5br
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqaQzfgxL6uwRHgww
/fWKZzqOsUy6JvITlwzNaswuKfGhRANCAATgcBIKi2kBDzMaV3xqfQlD82TCykil
gbFnOG2Z3ItroKqyBauOoiDPdMUuwW4IlC8RrzpC5emnaJ3KZQrC+oV0
-----END PRIVATE KEY-----
"""
OTHER = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIUf60ekIWaheCjGPkJQdNCjJtJxskwCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjYwMTAxMDAwMDAwWjAYMRYwFAYDVQQDDA1v
dGhlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4HASCotpAQ8z
Gld8an0JQ/NkwspIpYGxZzhtmdyLa6CqsgWrjqIgz3TFLsFuCJQvEa86QuXpp2id
ymUKwvqFdKNLMEkwDAYDVR0TAQH/BAIwADAfBgNVHSMEGDAWgBRrgVut65KHLKmB
3rrBX6wO6ZJv7zAYBgNVHREEETAPgg1vdGhlci5leGFtcGxlMAoGCCqGSM49BAMC
A0gAMEUCIQC3mtc2YNKLTweTATbgcifMZi01+98EZ52HoGnsCqsejwIgYdJtjYb1
2b8C/Ij/9nxxBzsgMBTux+6SofbKpYWJOZ4=
-----END CERTIFICATE-----
"""
EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBkjCCATigAwIBAgIUZhl3Ubm62pShzy4a5kqaQeaxa50wCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJbG9j
YWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4HASCotpAQ8zGld8an0J
Q/NkwspIpYGxZzhtmdyLa6CqsgWrjqIgz3TFLsFuCJQvEa86QuXpp2idymUKwvqF
dKNNMEswDAYDVR0TAQH/BAIwADAfBgNVHSMEGDAWgBRrgVut65KHLKmB3rrBX6wO
6ZJv7zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDSAAw
RQIhAMLwX0wE3wwMS9t4mSRDWwlmklFFS3nigc7jdLWCecBOAiBajr/wL0B5HsCy
TB6OOXpHHdmlNw0BYAWj6qeWHQi5VQ==
-----END CERTIFICATE-----
"""
EARLY = """\
-----BEGIN CERTIFICATE-----
MIIBljCCATygAwIBAgIUPWw8JLltvk876KqtLoKINf0PpVswCgYIKoZIzj0EAwIw
LzEVMBMGA1UECgwMRXhhbXBsZSBDb3JwMRYwFAYDVQQDDA1JbnNwZWN0aW9uIENB
MCIYDzIxMjAwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOBwEgqLaQEPMxpX
fGp9CUPzZMLKSKWBsWc4bZnci2ugqrIFq46iIM90xS7BbgiULxGvOkLl6adoncpl
CsL6hXSjTTBLMAwGA1UdEwEB/wQCMAAwHwYDVR0jBBgwFoAUa4FbreuShyypgd66
wV+sDumSb+8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49BAMC
A0gAMEUCIQD2DLXCOrTMFV6CQUgDkqXGBkuwBgRlsP9HEnMwLf40GgIgMvz4A0qv
cuo3YZE7bzAvle2Av/LN6qjaPh3QzYD5Ccs=
-----END CERTIFICATE-----
"""


@pytest.fixture(autouse=True)
def no_certificates_of_somebody(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def examine(*arguments, code=0):
    """Run it; give its checks by name."""
    ran = invoke("doctor", "--timeout", "3", *arguments)
    assert ran.code == code, ran
    return {check["name"]: check for check in ran.data["checks"]}


def told(check):
    return check["status"], check["found"], check["todo"] or ""


def set_all(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def pem(folder, *parts):
    file = folder / "certificate.pem"
    file.write_text("".join(parts))
    return str(file)


def serving(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Sandbox(tls=context)


def token_of(**claims):
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts) + "."


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


# -- As a whole


def test_all_is_well(sandbox):
    ran = invoke("doctor")

    assert (ran.code, ran.err) == (0, "All is well.\n")
    assert ran.data["status"] == "ok"
    statuses = {check["name"]: check["status"] for check in ran.data["checks"]}
    assert statuses == {
        **dict.fromkeys(("versions", "environment", "service", "credentials", "ipv4", "token", "region"), "ok"),
        **dict.fromkeys(("users", "groups", "clock", "answers"), "ok"),
        **dict.fromkeys(("dns", "ipv6", "tls", "token endpoint"), "skipped"),
    }
    assert all(check["todo"] is None for check in ran.data["checks"])


def test_it_asks_for_one_token_reads_twice_and_writes_nothing(sandbox):
    before = sandbox.dump()

    examine()

    assert sandbox.token_requests == 1
    assert [request.method for request in sandbox.requests] == ["GET", "GET"]
    assert sandbox.dump() == before


def test_a_table_names_each_check_and_what_to_do(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    ran = invoke("doctor", "--output", "table")

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].split("  ")[0] == "check"
    [failed] = [number for number, line in enumerate(lines) if line.startswith("token ") and " fail " in line]
    assert "invalid_client" in lines[failed]
    assert lines[failed + 1].strip().startswith("→ check the secret")
    assert ran.err == "Error: 1 of 15 checks failed: token\n"


def test_on_a_terminal_it_is_a_table_in_colours(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    ran = at_terminal("doctor", piped=False)

    assert ran.code == 1
    assert "\x1b[31m" in ran.err
    assert "found, and what to do" in ran.err


def test_help_imports_nothing_heavy():
    watching = "import atexit, sys; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"

    ran = spawn("doctor", "--help", before=watching)

    assert ran.code == 0
    assert not {"httpx", "rich", "ssl", "maia_scim.client", "maia_scim.cli.checkup"} & {*ran.err.split()}


def test_every_check_needs_what_comes_before_it():
    names = [check.name for check in CHECKS]
    for check in CHECKS:
        assert {*check.needs} <= {*names[: names.index(check.name)]}


def test_what_depends_on_a_failure_is_skipped_and_says_so(monkeypatch):
    set_all(monkeypatch, MAIA_BASE_URL="https://nowhere.invalid/dpc", MAIA_TOKEN=TOKEN)

    checks = examine(code=1)

    status, found, todo = told(checks["dns"])
    assert (status, "nowhere.invalid is not resolved" in found, "typing error" in todo) == ("fail", True, True)
    for name in ("ipv4", "ipv6", "tls", "region", "users", "groups", "answers"):
        assert told(checks[name])[:2] == ("skipped", "since dns failed")


def test_an_id_that_is_none_is_told_before_anything_is_sent(sandbox):
    ran = invoke("doctor", "--user", "")

    assert (ran.code, ran.out) == (2, "")
    assert sandbox.token_requests == 0


# -- Versions, proxies, certificates


def test_versions(sandbox):
    facts = examine()["versions"]["facts"]

    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {*facts} == {"maia-scim", "spec", "python", "httpx", "openssl", "system"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        (f"http://user:{CLIENT_SECRET}@proxy.example:3128", "http://***@proxy.example:3128"),
        (f"{CLIENT_SECRET}@proxy.example", "***@proxy.example"),
        (f"http://user:{CLIENT_SECRET}@[::1]:80/", "http://***@[::1]:80"),
        (f"http://user:12/{CLIENT_SECRET}@proxy.example", "(an address that cannot be read)"),
        (f"http://user:{CLIENT_SECRET}@proxy:port", "(an address that cannot be read)"),
        ("localhost,.example.com", "localhost,.example.com"),
    ],
    ids=["plain", "password", "no-scheme", "ipv6", "slash", "no-port", "list"],
)
def test_a_proxy_is_shown_without_its_password(value, shown):
    assert proxies.shown(value) == shown


def test_behind_a_proxy_what_is_direct_is_skipped(sandbox, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    set_all(
        monkeypatch,
        MAIA_BASE_URL="https://maia.invalid/dpc",
        https_proxy=f"http://me:{CLIENT_SECRET}@127.0.0.1:{port}",
        NO_PROXY="other.example",
    )

    checks = examine(code=1)

    assert checks["environment"]["facts"]["proxies"] == {
        "https_proxy": f"http://***@127.0.0.1:{port}",
        "NO_PROXY": "other.example",
    }
    for name in ("dns", "ipv4", "ipv6", "tls"):
        assert checks[name]["status"] == "skipped"
        assert f"through the proxy http://***@127.0.0.1:{port}" in checks[name]["found"]
    assert checks["token"]["status"] == "ok", "this machine is asked for it directly"
    assert checks["region"]["status"] == "fail"
    assert "proxy or firewall" in checks["region"]["todo"]


def test_no_proxy_is_asked_for_this_machine(sandbox, monkeypatch):
    set_all(monkeypatch, HTTP_PROXY="http://proxy.invalid:3128", ALL_PROXY="http://proxy.invalid:3128")

    assert examine()["ipv4"]["status"] == "ok"


def test_no_proxy_is_heeded(monkeypatch):
    set_all(monkeypatch, HTTPS_PROXY="http://proxy.example:3128", NO_PROXY="nowhere.invalid", MAIA_TOKEN=TOKEN)
    monkeypatch.setenv("MAIA_BASE_URL", "https://nowhere.invalid/dpc")

    assert examine(code=1)["dns"]["status"] == "fail"


@pytest.mark.parametrize("content", [None, "", "no certificate"], ids=["missing", "empty", "text"])
def test_a_certificate_file_that_is_none(sandbox, monkeypatch, tmp_path, content):
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))

    checks = examine(code=2)

    status, found, todo = told(checks["environment"])
    assert (status, str(file) in found, "SSL_CERT_FILE" in todo) == ("fail", True, True)
    assert "no HTTP client" not in found, "that would be the same once more"
    assert checks["token"]["found"] == "since environment failed"
    assert sandbox.token_requests == 0


@pytest.mark.parametrize("there", [True, False], ids=["empty", "missing"])
def test_a_certificate_folder_that_holds_none(sandbox, monkeypatch, tmp_path, there):
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path if there else tmp_path / "missing"))

    assert "SSL_CERT_DIR" in examine(code=2)["environment"]["todo"]


def test_a_certificate_folder(sandbox, monkeypatch):
    monkeypatch.setenv("SSL_CERT_DIR", str(SELF_SIGNED.parent))

    assert "those of SSL_CERT_DIR" in examine()["environment"]["found"]


def test_a_proxy_that_cannot_be_used(sandbox, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "gopher://me:of-the-proxy@proxy.example")

    check = examine(code=2)["environment"]

    assert (check["status"], "no HTTP client can be made" in check["found"]) == ("fail", True)
    assert "of-the-proxy" not in str(check)


def test_what_writes_the_keys_of_tls_down_is_told(sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    status, found, todo = told(examine()["environment"])

    assert (status, "can decrypt" in found, "unset SSLKEYLOGFILE" in todo) == ("warn", True, True)


# -- Configuration


def test_nothing_is_set(monkeypatch):
    checks = examine(code=2)

    assert told(checks["service"])[0] == told(checks["credentials"])[0] == "fail"
    assert "MAIA_REGION" in checks["service"]["todo"]
    assert "MAIA_CLIENT_ID and MAIA_CLIENT_SECRET" in checks["credentials"]["todo"]
    assert checks["dns"]["found"] == "since service failed"


def test_credentials_are_checked_without_an_address_too(sandbox, monkeypatch):
    monkeypatch.delenv("MAIA_BASE_URL")

    checks = examine(code=2)

    assert (checks["service"]["status"], checks["credentials"]["status"]) == ("fail", "ok")
    assert sandbox.token_requests == 0


def test_the_network_is_checked_without_credentials_too(sandbox, monkeypatch):
    monkeypatch.delenv("MAIA_CLIENT_ID")
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "a-secret-alone")

    checks = examine(code=2)

    assert "a-secret-alone" not in str(checks)

    assert "MAIA_CLIENT_SECRET is set and MAIA_CLIENT_ID is not" in checks["credentials"]["found"]
    assert checks["ipv4"]["status"] == "ok"
    assert checks["token"]["found"] == checks["region"]["found"] == "since credentials failed"
    assert sandbox.token_requests == len(sandbox.requests) == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "by"),
    [
        (["--region", "us1"], {"MAIA_REGION": "eu1"}, "--region"),
        (["--base-url", "https://nowhere.invalid/dpc"], {}, "--base-url"),
        ([], {"MAIA_REGION": "eu1"}, "MAIA_REGION"),
        ([], {"MATILLION_REGION": "eu"}, "MATILLION_REGION"),
        ([], {"MATILLION_API_URL": "https://nowhere.invalid/dpc/v1"}, "MATILLION_API_URL"),
    ],
)
def test_it_says_where_the_address_comes_from(arguments, variables, by, monkeypatch, unresolved):
    set_all(monkeypatch, **variables)

    monkeypatch.setenv("MAIA_TOKEN", TOKEN)

    service = examine(*arguments, code=1)["service"]

    assert (service["status"], service["facts"]["by"]) == ("ok", by)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"MAIA_REGION": "eu1", "MATILLION_REGION": "us1"}, "MATILLION_REGION"),
        ({"MAIA_BASE_URL": "https://eu1.api.matillion.com/dpc", "MAIA_REGION": "us1"}, "MAIA_REGION"),
        ({"MAIA_REGION": "eu1", "MATILLION_API_URL": "https://me:of-mine@x.example"}, "MATILLION_API_URL"),
    ],
    ids=["spellings", "address", "unusable"],
)
def test_variables_that_say_another_thing(variables, name, monkeypatch, unresolved):
    set_all(monkeypatch, MAIA_TOKEN=TOKEN, **variables)

    status, found, todo = told(examine(code=1)["service"])

    assert (status, f"{name} says" in found, todo) == ("warn", True, f"unset {name}")
    assert "of-mine" not in found


def test_both_spellings_that_say_the_same_are_well(monkeypatch, unresolved):
    set_all(monkeypatch, MAIA_TOKEN=TOKEN, MAIA_REGION="eu1", MATILLION_REGION="EU")

    assert examine(code=1)["service"]["status"] == "ok"


def test_a_path_of_the_vendor_that_is_not_its(monkeypatch, unresolved):
    set_all(monkeypatch, MAIA_TOKEN=TOKEN, MAIA_BASE_URL="https://eu1.api.matillion.com")

    status, _, todo = told(examine(code=1)["service"])

    assert (status, "https://eu1.api.matillion.com/dpc" in todo) == ("warn", True)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (f" {CLIENT_SECRET}", "white space around"),
        (f"{CLIENT_SECRET}\n", "a line break around"),
        (f'"{CLIENT_SECRET}"', "in quotes"),
        (f"\u201c{CLIENT_SECRET}\u201d", "in quotes"),
        (f"{CLIENT_SECRET[:5]} {CLIENT_SECRET[5:]}", "within"),
        (f"{CLIENT_SECRET[:5]}\n{CLIENT_SECRET[5:]}", "within"),
        (f"\u200b{CLIENT_SECRET}", "no key on a keyboard"),
        ("<client secret>", "placeholder"),
        ("${MAIA_CLIENT_SECRET}", "placeholder"),
        ("********", "placeholder"),
    ],
    ids=[
        "space",
        "break",
        "quotes",
        "typographic",
        "inner-space",
        "inner-break",
        "invisible",
        "angle",
        "variable",
        "stars",
    ],
)
def test_a_secret_that_was_pasted_badly_is_told_and_not_shown(raw, fault, sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", raw)

    ran = invoke("doctor")

    [credentials] = [check for check in ran.data["checks"] if check["name"] == "credentials"]
    assert credentials["status"] == "warn"
    assert f"MAIA_CLIENT_SECRET {fault}" in credentials["found"] or fault in credentials["found"]
    assert raw.strip() not in ran.out + ran.err


def test_a_secret_that_is_well_has_no_faults():
    assert [*pasted.faults("Zx9-_.~aB/+=")] == []
    assert len([*pasted.faults('"<secret>"')]) == 2
    assert [*pasted.faults("Bearer abc", token=True)] == ["begins with `Bearer `, which is no part of a token"]


def test_the_same_value_twice_is_told_and_not_shown(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_ID", CLIENT_SECRET)
    monkeypatch.setenv("MAIA_CLIENT_SECRET", CLIENT_SECRET + " ")

    checks = examine(code=2)

    assert checks["credentials"]["found"] == "MAIA_CLIENT_ID and MAIA_CLIENT_SECRET are the same value"
    assert sandbox.token_requests == 0


def test_credentials_of_both_spellings_that_differ(sandbox, monkeypatch):
    set_all(
        monkeypatch,
        MATILLION_CLIENT_ID="another",
        MATILLION_CLIENT_SECRET=CLIENT_SECRET,
        MATILLION_TOKEN_URL="https://other.example/token",
    )

    status, found, _ = told(examine()["credentials"])

    assert status == "warn"
    for name in ("CLIENT_ID", "CLIENT_SECRET", "TOKEN_URL"):
        assert f"MAIA_{name} and MATILLION_{name} are both set, and differ" in found


def test_a_token_that_wins_over_a_client_id(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN", sandbox.issue_token())

    status, found, todo = told(examine()["credentials"])

    assert (status, "MAIA_TOKEN wins" in found, "unset MAIA_TOKEN" in todo) == ("warn", True, True)


def test_a_secret_of_a_sandbox_that_would_go_to_the_real_token_endpoint(sandbox, monkeypatch, unresolved):
    monkeypatch.delenv("MAIA_TOKEN_URL")

    checks = examine(code=1)

    status, found, todo = told(checks["credentials"])
    assert (status, "the service is on this machine" in found, "MAIA_TOKEN_URL" in todo) == ("warn", True, True)
    assert "id.core.matillion.com is not resolved" in checks["token endpoint"]["found"]
    assert "resolver" in checks["token endpoint"]["todo"]


# -- Profiles


@pytest.fixture
def profile(sandbox, monkeypatch):
    """A profile of the sandbox, which is the default; what it says further can be added."""

    def write(*lines, secret="env:TEST_SECRET"):
        file = Path(os.environ["MAIA_PROFILES"])
        entry = {"base_url": sandbox.base_url, "token_url": sandbox.token_url, "client_id": sandbox.client_id}
        text = "".join(f'{name} = "{value}"\n' for name, value in {**entry, "secret": secret}.items())
        file.write_text('default = "test"\n[profiles.test]\n' + text + "\n".join(lines))
        file.chmod(0o600)
        for name in sandbox.environment:
            monkeypatch.delenv(name)
        monkeypatch.setenv("TEST_SECRET", sandbox.client_secret)
        return file

    return write


def test_a_profile(profile, sandbox):
    file = profile()

    checks = examine()

    assert checks["service"]["facts"]["by"] == "profile test"
    assert f"by the profile; profile test, the default of {file}" in checks["service"]["found"]
    assert "secret by TEST_SECRET" in checks["credentials"]["found"]
    assert checks["region"]["status"] == "ok"


def test_what_named_the_profile(profile, monkeypatch):
    profile()

    assert "profile test, named by --profile, of" in examine("--profile", "test")["service"]["found"]
    monkeypatch.setenv("MAIA_PROFILE", "test")
    assert "profile test, named by MAIA_PROFILE, of" in examine()["service"]["found"]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_file_of_profiles_that_others_may_write(profile):
    file = profile()
    file.chmod(0o620)

    status, _, todo = told(examine()["service"])

    assert (status, todo) == ("warn", f"chmod 600 {file}")


def test_a_profile_whose_secret_is_not_set(profile, monkeypatch):
    profile()
    monkeypatch.delenv("TEST_SECRET")

    status, found, todo = told(examine(code=2)["credentials"])

    assert (status, "TEST_SECRET, which is not set" in found, "profiles" in todo) == ("fail", True, True)


def test_a_keyring_that_is_not_installed(profile, monkeypatch):
    profile(secret="keyring")
    monkeypatch.setitem(sys.modules, "keyring", None)

    status, found, todo = told(examine(code=2)["credentials"])

    assert (status, "pip install" in found, "install it" in todo) == ("fail", True, True)


def test_a_profile_that_asks_where_nobody_answers(profile, monkeypatch):
    from maia_scim.cli import secret_places

    profile(secret="prompt")
    monkeypatch.setattr(secret_places, "_has_terminal", lambda: False)

    assert "nobody can be asked" in examine(code=2)["credentials"]["found"]


def test_a_default_profile_that_variables_win_over(profile, sandbox, monkeypatch):
    profile()
    set_all(monkeypatch, **sandbox.environment)

    assert "the default profile test is not used, since MAIA_BASE_URL is set" in examine()["service"]["found"]


@pytest.mark.parametrize("named", [True, False])
def test_a_file_of_profiles_that_cannot_be_read(sandbox, monkeypatch, named):
    Path(os.environ["MAIA_PROFILES"]).write_text("[profiles.test\n")

    checks = examine(*(["--profile", "test"] if named else []), code=2 if named else 0)

    assert checks["service"]["status"] == ("fail" if named else "warn")
    assert "profiles.toml, line 1" in checks["service"]["found"]
    assert checks["credentials"]["status"] == ("skipped" if named else "ok")


def test_ipv4_only_of_the_profile(profile, monkeypatch):
    profile("ipv4_only = true")

    checks = examine()

    assert checks["ipv6"]["found"] == "the profile is for IPv4 only"
    assert checks["region"]["status"] == "ok"


def test_ipv4_only_of_a_profile_leaves_ipv6_alone(profile, monkeypatch):
    file = profile("ipv4_only = true")
    file.write_text(file.read_text().replace("//127.0.0.1", "//localhost"))
    as_localhost(monkeypatch, "::1", "127.0.0.1")

    checks = examine()

    assert checks["dns"]["facts"] == {"ipv4": ["127.0.0.1"], "ipv6": ["::1"]}
    assert told(checks["ipv6"])[:2] == ("skipped", "the profile is for IPv4 only")


def test_ipv4_only_where_there_is_no_ipv4(monkeypatch):
    lines = ('base_url = "https://[::1]:9/dpc"', 'client_id = "a"', 'secret = "env:TEST_SECRET"', "ipv4_only = true")
    Path(os.environ["MAIA_PROFILES"]).write_text("\n".join(["[profiles.test]", *lines]))
    set_all(monkeypatch, TEST_SECRET=CLIENT_SECRET, MAIA_PROFILE="test")

    status, found, todo = told(examine(code=1)["dns"])

    assert (status, "has no IPv4 address" in found, todo) == ("fail", True, "take ipv4_only out")


# -- Names and connections


def as_localhost(monkeypatch, *addresses):
    """Let the name `localhost` have these addresses."""
    real = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host != "localhost":
            return real(host, port, *rest, **options)
        return [answer for each in addresses for answer in real(each, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


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


# -- Token


@pytest.mark.parametrize(
    ("fault", "todo"),
    [
        (faults.Status(400, body="none"), "address of the token endpoint"),
        (faults.Status(401, body="html"), "check the secret"),
        (faults.Status(503), "try again later"),
        (faults.Body.html(), "address of the token endpoint"),
        (faults.Reset(), "can be reached from here"),
    ],
    ids=["400", "401", "503", "page", "reset"],
)
def test_a_token_endpoint_that_fails(fault, todo, sandbox):
    sandbox.inject(fault, on="token", times=None)

    checks = examine(code=1)

    assert checks["token"]["status"] == "fail"
    assert todo in checks["token"]["todo"]
    assert checks["region"]["found"] == "since token failed"
    assert len(sandbox.requests) == 0


def test_a_wrong_audience_is_told_by_its_code(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_AUDIENCE", "https://other.example")

    checks = examine(code=1)

    assert checks["token"]["facts"] == {"status": 403, "code": "access_denied"}
    assert "check the audience" in checks["token"]["todo"]
    assert "audience https://other.example by MAIA_AUDIENCE" in checks["credentials"]["found"]


@pytest.mark.parametrize(("lives", "status"), [(60, "warn"), (None, "warn"), ("soon", "warn"), (1800, "ok")])
def test_how_long_a_token_lives(sandbox, lives, status):
    answer = {"access_token": sandbox.issue_token(), "token_type": "Bearer", "expires_in": lives}
    sandbox.inject(faults.Body.json(answer), on="token")

    check = examine()["token"]

    assert check["status"] == status
    assert check["facts"]["expiresIn"] == (lives if isinstance(lives, int) else None)


@pytest.mark.keeps_secrets("token", "file cache/token.json", reason="a cache is there to keep tokens")
def test_a_cached_token_is_used_and_said_so(sandbox, monkeypatch, tmp_path):
    folder = tmp_path / "cache"
    monkeypatch.setenv("MAIA_TOKEN_CACHE", str(folder / "token.json"))

    assert "lives for 30 minutes" in examine()["token"]["found"]
    assert "from the token cache" in examine()["token"]["found"]
    assert sandbox.token_requests == 1
    if os.name == "posix":
        (folder / "token.json").chmod(0o644)
        assert examine(code=2)["token"]["status"] == "fail"


@pytest.mark.parametrize(
    ("claims", "status", "expected"),
    [
        ({"exp": START + 3 * 3600, "iat": START}, "ok", "ends in 3 hours, at 2027-01-15 11:00 UTC"),
        ({"exp": START + 100}, "ok", "ends in 100 seconds"),
        ({"exp": START - 3 * 86400}, "fail", "ended 3 days ago, by this machine's clock, which says 2027-01-15 08:00"),
        ({"exp": START + 900, "nbf": START + 600}, "warn", "begins to be valid in 10 minutes"),
        ({"exp": START + 900, "aud": "other"}, "warn", "is for other, and not for https://api.matillion.com"),
        ({"exp": START + 900, "aud": ["other", "https://api.matillion.com"]}, "ok", "ends in 15 minutes"),
        ({"sub": "me"}, "ok", "does not say when it ends"),
        ({"exp": "tomorrow"}, "ok", "does not say when it ends"),
        ({"exp": True}, "ok", "does not say when it ends"),
    ],
)
def test_a_token_of_the_environment(claims, status, expected, sandbox, monkeypatch, at):
    at(START)
    text = token_of(**claims)
    monkeypatch.setenv("MAIA_TOKEN", text)

    ran = invoke("doctor")
    checks = {check["name"]: check for check in ran.data["checks"]}

    assert (checks["token"]["status"], expected in checks["token"]["found"]) == (status, True), checks["token"]
    assert ran.code == (2 if status == "fail" else 1), "the sandbox does not know it"
    assert text not in ran.out + ran.err
    assert sandbox.token_requests == 0


def test_a_token_of_the_environment_that_is_no_jwt(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN", sandbox.issue_token())

    checks = examine()

    assert checks["token"]["found"].startswith("MAIA_TOKEN is no JWT")
    assert checks["token endpoint"]["status"] == "skipped"
    assert checks["region"]["status"] == "ok"


def test_a_token_for_a_region_that_is_no_jwt_may_be_a_secret(monkeypatch, unresolved):
    set_all(monkeypatch, MAIA_TOKEN=TOKEN, MAIA_REGION="eu1")

    assert examine(code=1)["token"]["todo"] == "make sure that it is a token, and no secret"


def test_a_token_that_no_header_takes(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN", f"Bearer {TOKEN}")

    checks = examine(code=2)

    assert "begins with `Bearer `" in checks["credentials"]["found"]
    assert checks["token"]["status"] == "fail"
    assert len(sandbox.requests) == 0


@pytest.mark.parametrize("text", ["a.b", "a.!.c", f"a.{base64.urlsafe_b64encode(b'[]').decode()}.c", "a.é.c", "..."])
def test_what_is_no_jwt(text):
    assert jwt.read(text) is None


# -- Region and rights


@pytest.mark.parametrize(
    ("fault", "status", "expected", "todo"),
    [
        (faults.Status(401), "fail", "401", "account that lives in this region"),
        (faults.Status(403), "fail", "403", "Super Admin"),
        (faults.Status.ip_not_allowed(), "fail", "403", "IP allow list"),
        (faults.Status(404, body="none"), "fail", "an empty body", "ends in /dpc"),
        (faults.Status(404, body="html"), "fail", "HTML page", "ends in /dpc"),
        (faults.Status.too_many_requests(7), "warn", "429", "try again later"),
        (faults.Status(400), "warn", "400", "--user"),
        (faults.Status(502, body="html"), "fail", "HTML page", "request id"),
        (faults.Redirect(), "fail", "redirect", "check the address"),
        (faults.Body.html(), "fail", "404", "ends in /dpc"),
        (faults.Reset(), "fail", "got no answer", "proxy or firewall"),
        (faults.Delay(20), "fail", "got no answer", "proxy or firewall"),
    ],
    ids=["401", "403", "ip", "no-path", "page-404", "429", "400", "502", "redirect", "page", "reset", "late"],
)
def test_what_the_service_says(fault, status, expected, todo, sandbox):
    sandbox.inject(fault, times=None)

    checks = examine("--timeout", "0.3" if isinstance(fault, faults.Delay) else "3", code=1 if status == "fail" else 0)

    region = checks["region"]
    assert region["status"] == status
    assert expected in region["found"]
    assert todo in region["todo"]
    assert checks["users"]["status"] == ("skipped" if status == "fail" else "warn")
    if checks["region"]["facts"]["users"] == "limited":
        assert len(sandbox.requests) == 1, "the next read is not sent before the time, and nobody waits for that"


def test_an_allow_list_that_holds_another_address(monkeypatch):
    with Sandbox(allowed_ips=["10.0.0.1"]) as sandbox:
        set_all(monkeypatch, **sandbox.environment)
        checks = examine(code=1)

    assert "IP allow list" in checks["region"]["todo"]
    assert checks["region"]["facts"]["users"] == "address"
    assert len(sandbox.requests) == 2, "it went out over IPv4 already"


def test_tokens_that_were_revoked(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN", sandbox.issue_token())
    sandbox.revoke_tokens()

    region = examine(code=1)["region"]

    assert "401" in region["found"]
    assert "get a new token for MAIA_TOKEN" in region["todo"]


@pytest.mark.parametrize(("kind", "other"), [("users", "groups"), ("groups", "users")])
def test_a_credential_that_may_read_one_of_them(kind, other, sandbox):
    sandbox.inject(faults.Status(403), on=kind, times=None)

    checks = examine(code=1)

    assert checks["region"]["status"] == checks[other]["status"] == "ok", "so it is no question of the region"
    assert checks[kind]["status"] == "fail"
    assert "Super Admin" in checks[kind]["todo"]


def test_an_address_without_the_base_path(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_BASE_URL", sandbox.base_url.removesuffix("/dpc"))

    assert "ends in /dpc" in examine(code=1)["region"]["todo"]


@pytest.fixture
def two_regions(sandbox, monkeypatch):
    with Sandbox(client_secret=sandbox.client_secret) as other:
        monkeypatch.setattr(access, "regions", lambda: {"EU1": sandbox.base_url, "US1": other.base_url})
        yield sandbox, other


def test_an_account_that_lives_in_another_region(two_regions, monkeypatch):
    _, there = two_regions
    monkeypatch.setenv("MAIA_TOKEN", there.issue_token())

    checks = examine("--other-regions", code=1)

    status, found, todo = told(checks["other regions"])
    assert (status, found) == ("warn", "US1 permits it: so the account lives in US1")
    assert "--region us1" in todo


def test_an_account_that_lives_here(two_regions):
    _, there = two_regions

    assert told(examine("--other-regions")["other regions"])[:2] == ("ok", "US1 refuses the token (401)")
    assert {request.method for request in there.requests} == {"GET"}


def test_an_account_that_several_regions_answer(sandbox, monkeypatch):
    same = sandbox.base_url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(access, "regions", lambda: {"EU1": sandbox.base_url, "US1": same})

    assert told(examine("--other-regions")["other regions"]) == ("ok", "US1 permits it", "")


def test_an_account_that_no_region_answers(two_regions, monkeypatch):
    monkeypatch.setenv("MAIA_TOKEN", token_of(sub="me"))

    check = examine("--other-regions", code=1)["other regions"]

    assert check["status"] == "ok", "it is the region's check that failed"
    assert check["facts"]["verdicts"] == {"US1": "token"}


def test_other_regions_are_not_asked_unless_wanted(two_regions):
    _, there = two_regions

    assert "other regions" not in examine()
    assert len(there.requests) == 0


def test_a_token_of_any_other_address_goes_to_no_region(sandbox):
    check = examine("--other-regions")["other regions"]

    assert (check["status"], "its token goes nowhere else" in check["found"]) == ("skipped", True)


def test_a_user(sandbox):
    check = examine("--user", BARBARA)["user"]

    assert check["status"] == "ok"
    assert check["facts"] == {"userName": "bjensen", "active": True, "versions": True}
    assert "ETag and meta.version" in check["found"]


def test_a_user_of_a_service_without_versions(monkeypatch):
    with Sandbox(personality="scimple") as sandbox:
        set_all(monkeypatch, **sandbox.environment)
        check = examine("--user", BARBARA)["user"]

    assert check["facts"]["versions"] is False
    assert "If-Match cannot work" in check["found"]


def test_a_user_that_is_not_there(sandbox):
    status, found, todo = told(examine("--user", NOBODY, code=1)["user"])

    assert (status, f"no user {NOBODY}" in found, "check the id" in todo) == ("fail", True, True)


# -- Clock and answers


@pytest.mark.parametrize(
    ("seconds", "status", "code", "how"),
    [
        (0, "ok", 0, "in step"),
        (20, "ok", 0, "ahead of"),
        (60, "warn", 0, "ahead of"),
        (-60, "warn", 0, "behind"),
        (400, "fail", 1, "ahead of"),
        (-400, "fail", 1, "behind"),
    ],
)
def test_a_clock_that_is_wrong(seconds, status, code, how, sandbox, monkeypatch):
    real = Bench.now
    monkeypatch.setattr(Bench, "now", lambda self: real(self) + seconds)

    check = examine(code=code)["clock"]

    assert (check["status"], how in check["found"]) == (status, True)
    assert abs(check["facts"]["skew"] - seconds) <= 2
    assert bool(check["todo"]) == (status != "ok")


def test_the_clock_is_checked_when_the_token_is_refused_too(sandbox, monkeypatch):
    monkeypatch.setenv("MAIA_CLIENT_SECRET", "wrong")

    assert examine(code=1)["clock"]["status"] == "ok"


def test_answers_without_a_date(sandbox):
    sandbox.inject(faults.Status(404, headers={"Date": "now"}), times=None)
    sandbox.inject(faults.Status(401, headers={"Date": ""}), on="token")

    assert told(examine(code=1)["clock"])[:2] == ("skipped", "no answer has a Date")


def test_the_clock_goes_by_the_answer_that_came_fastest():
    def exchange(sent, received):
        return Exchange("a.example", 200, {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}, sent, received, "HTTP/1.1", None)

    class Three:
        class recorder:
            exchanges = (exchange(START, START + 90), exchange(START + 41, START + 41.5), exchange(START, START + 80))

    assert access.clock(cast(Bench, Three)).facts == {"skew": 40}


def test_what_answers_tell(sandbox):
    headers = {"X-RateLimit-Remaining": "12", "Retry-After": "30"}
    sandbox.inject(faults.Status(404, headers=headers), times=None)

    check = examine()["answers"]

    assert check["status"] == "warn"
    assert check["facts"] == {
        "protocol": "HTTP/1.1",
        "peer": "127.0.0.1",
        "requestIdHeader": "x-request-id",
        "rateLimit": {"x-ratelimit-remaining": "12"},
        "retryAfter": "30",
    }


def test_what_a_service_repeats_is_not_shown(sandbox, monkeypatch):
    token = sandbox.issue_token()
    monkeypatch.setenv("MAIA_TOKEN", token)
    problem = json.dumps({"status": 403, "detail": f"no right: {token}"})
    sandbox.inject(faults.Body(problem.encode(), {"Content-Type": "application/problem+json"}), times=None)

    clean(str(invoke("doctor")))


def test_an_interrupt_ends_it(sandbox, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Bench, "client", interrupted)

    ran = invoke("doctor")

    assert (ran.code, ran.out) == (130, "")


def test_it_runs_as_a_process(sandbox):
    ran = spawn("doctor")

    assert (ran.code, ran.data["status"], ran.err) == (0, "ok", "All is well.\n")
