"""``maia-scim doctor``: versions, proxies, certificates and configuration."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from maia_scim.cli.checkup import pasted, proxies
from tests.cli.command import invoke
from tests.cli.doctoring import SELF_SIGNED, examine, set_all, told
from tests.support.canary import CLIENT_SECRET, TOKEN

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


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_below_what_cannot_be_looked_into(name, sandbox, monkeypatch):
    monkeypatch.setenv(name, "a" * 5000)

    status, found, todo = told(examine(code=2)["environment"])

    assert (status, "cannot be read: File name too long" in found, name in todo) == ("fail", True, True)


def test_several_certificate_folders(sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}{os.pathsep}{SELF_SIGNED.parent}")

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
