"""``maia-scim users patch``: how options become operations."""

import json

import pytest

from tests.cli.command import (
    BARBARA,
    account,
    invoke,
    saved,
    sent,
)
from tests.support.canary import PASSWORD

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_patch(sandbox):
    ran = invoke(
        *("users", "patch", BARBARA, "--set", "title=Data Engineer", "--set", f"{ENTERPRISE}:department=Data"),
        *("--set", 'name={"givenName": "Babs"}', "--set", "locale=null", "--remove", "nickName"),
        *("--set", 'emails[type eq "home"].value=a=b@x.example', "--set", "active=false"),
        *("--add", 'emails=[{"value": "c@x.example", "type": "other"}]', "--set-text", "externalId=null"),
    )

    assert ran.code == 0, ran.err
    user = sandbox.users[BARBARA]
    assert ran.data == user
    assert (user["title"], user["externalId"], user["active"]) == ("Data Engineer", "null", False)
    assert (user["name"]["givenName"], user["name"]["familyName"]) == ("Babs", "Jensen"), "nothing beside it"
    assert not {"nickName", "locale"} & {*user}
    assert user[ENTERPRISE]["department"] == "Data"
    assert [email["value"] for email in user["emails"]] == ["bjensen@example.com", "a=b@x.example", "c@x.example"]
    assert ran.err == f"Changed: no profile · {sandbox.base_url} · {account(sandbox)}\n"
    assert sent(sandbox) == [("PATCH", BARBARA)]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (["--set", "title=42"], "42"),
        (["--set", "title=true"], "true"),
        (["--set", 'title="quoted"'], "quoted"),
        (["--set", "name.givenName=007"], "007"),
        (["--set", "active=true"], True),
        (["--set", "unknown=42"], 42),
        (["--set", "unknown=NaN"], "NaN"),
        (["--set", "unknown=[-Infinity]"], "[-Infinity]"),
        (["--set-text", "unknown=42"], "42"),
        (["--set", "title="], ""),
        (["--set", "title=a\nb=c"], "a\nb=c"),
        (["--set", 'emails[value eq "a=]b"].type=work'], "work"),
        (["--set", 'emails[type eq "work"].value=1'], "1"),
        (["--set", "x:2.0:User:y=1"], 1),
    ],
)
def test_values_are_json_and_texts_stay_texts(option, value, sandbox):
    ran = invoke("users", "patch", BARBARA, *option, "--dry-run")

    [operation] = ran.data["request"]["body"]["Operations"]
    assert (operation["value"], type(operation["value"])) == (value, type(value))


def test_patch_from_a_file(sandbox, tmp_path):
    operations = [{"op": "Replace", "path": "title", "value": "Pilot"}, {"op": "remove", "path": "nickName"}]
    for number, content in enumerate((operations, {"schemas": ["x"], "Operations": operations})):
        assert invoke("users", "patch", BARBARA, "--file", saved(tmp_path, content, f"{number}.json")).code == 0
    assert sandbox.users[BARBARA]["title"] == "Pilot"
    password = [{"op": "add", "path": "password", "value": PASSWORD}]
    ran = invoke("users", "patch", BARBARA, "--file", "-", "--dry-run", input=json.dumps(password))
    assert ran.data["request"]["body"]["Operations"][0]["value"] == "***"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "what is to change?"),
        (["--set", "title=x", "--file", "-"], "instead of them"),
        (["--set", "title"], "--set takes PATH=VALUE"),
        (["--add", "=x"], "--add takes PATH=VALUE"),
        (["--set", "id=7"], "id is read-only"),
        (["--set", "display_name=x"], "SCIM spells it 'displayName'"),
        (["--remove", "emails[type eq"], "its filter does not end"),
        (["--set", f"password={PASSWORD}"], "no password is taken from the command line"),
        (["--set-text", f"Password={PASSWORD}"], "no password is taken from the command line"),
        (["--set", f'{CORE}={{"password": "{PASSWORD}"}}'], "no password is taken from the command line"),
        (["--add", f'x=[{{"Password": "{PASSWORD}"}}]'], "no password is taken from the command line"),
        (["--file", "-"], "an array of operations is needed"),
    ],
    ids=lambda value: None if isinstance(value, str) else clean_id(value),
)
def test_a_patch_that_cannot_be_is_refused_before_anything_is_sent(arguments, message, sandbox):
    ran = invoke("users", "patch", BARBARA, *arguments, input='{"Operations": []}')

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert not sandbox.requests


def test_a_dry_run_shows_what_comes_of_several_operations_on_one_attribute(sandbox):
    options = ["--remove", "emails", "--add", 'emails=[{"value": "c@x.example"}]', "--set", "title=Pilot"]
    ran = invoke("users", "patch", BARBARA, *options, "--set", "title=Tour Guide", "--dry-run")

    [change] = ran.data["changes"]
    assert change == {
        "path": "emails",
        "before": sandbox.users[BARBARA]["emails"],
        "after": [{"value": "c@x.example"}],
    }
    assert invoke("users", "patch", BARBARA, *options).data["emails"] == [{"value": "c@x.example"}]


def clean_id(arguments):
    return "-".join(each.partition("=")[0].strip("-") for each in arguments) or "none"


def test_a_dry_run_of_patch_shows_before_and_after(sandbox):
    options = ["--set", "title=Pilot", "--remove", "nickName", "--set", "active=true"]
    options += ["--add", 'emails=[{"value": "c@x.example"}]', "--set", 'emails[type eq "home"].value=h@x.example']
    ran = invoke("users", "patch", BARBARA, *options, "--dry-run", "-o", "table")

    assert ran.code == 0
    assert "- nickName  Babs" in ran.out
    assert "~ title     Tour Guide → Pilot" in ran.out
    assert "+ c@x.example\n        and 2 more" in ran.out
    assert 'replace emails[type eq "home"].value: h@x.example' in ran.out
    assert "active" not in ran.out, "it is so already"
    assert sent(sandbox) == [("GET", BARBARA)]
