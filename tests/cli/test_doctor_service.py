"""``maia-scim doctor``: the token, the region, rights and users."""

from __future__ import annotations

import base64
import os

import pytest

from maia_scim.cli.checkup import access, jwt
from maia_scim.sandbox import Sandbox, faults
from tests.cli.command import BARBARA, NOBODY, invoke
from tests.cli.doctoring import (
    START,
    examine,
    set_all,
    token_of,
    told,
)
from tests.support.canary import TOKEN

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
