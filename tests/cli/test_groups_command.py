"""``maia-scim groups`` against a sandbox: whose members they are, and that it asks before anybody is out."""

import json

from maia_scim.sandbox.faults import Body
from tests.cli.command import BARBARA, ENGINEERS, JORDAN, NOBODY, at_terminal, invoke, writes

MICHAEL = "c3a26dd3-27a0-4dec-a2ac-ce211e105f97"
STAFF = "f53b7fcb-881d-4b5b-a05b-af8ebc898d69"


def members(sandbox):
    return [member["value"] for member in sandbox.groups[ENGINEERS]["members"]]


def test_get(sandbox):
    assert invoke("groups", "get", ENGINEERS).data == sandbox.groups[ENGINEERS]
    table = invoke("groups", "get", ENGINEERS, "-o", "table").out
    assert f"{BARBARA} (Barbara Jensen, USER)" in table
    several = invoke("groups", "get", ENGINEERS, NOBODY, STAFF, "-o", "table")
    assert several.code == 1
    assert [line.split()[-1] for line in several.out.splitlines()][:2] == ["members", "3"]
    assert "Error: group 0000" in several.err


def test_add_member_does_not_ask(sandbox):
    ran = invoke("groups", "add-member", ENGINEERS, JORDAN, BARBARA)

    assert ran.code == 0, ran.err
    assert members(sandbox)[-1] == JORDAN
    assert ran.data == sandbox.groups[ENGINEERS]
    title = f"no profile · {sandbox.base_url} · client id {sandbox.client_id}"
    assert ran.err == f"Added; the group has 4 members: {title}\n"
    assert writes(sandbox)[0].json["Operations"][0]["value"] == [{"value": JORDAN}], "not those who are in it"


def test_nothing_is_said_to_be_added_where_nothing_is(sandbox):
    assert invoke("groups", "add-member", ENGINEERS, BARBARA).err.startswith(
        "Nothing to write; the group has 3 members"
    )
    assert invoke("groups", "remove-member", ENGINEERS, JORDAN, "--yes").err.startswith("Nothing to write; ")
    assert not writes(sandbox)


def test_remove_member_shows_who_it_is_and_asks(sandbox):
    ran = at_terminal("groups", "remove-member", ENGINEERS, BARBARA, JORDAN, answers={"[y/N]": "y\n"})

    assert ran.code == 0, ran.err
    title = f"no profile · {sandbox.base_url} · client id {sandbox.client_id}"
    assert f"group Data Engineering, {ENGINEERS}" in ran.err
    assert f"- {BARBARA} (Barbara Jensen, USER)" in ran.err
    assert "and 2 more, as they were" in ran.err
    assert f"Remove from this group ({title})?" in ran.err
    assert BARBARA not in members(sandbox)
    assert ran.data == sandbox.groups[ENGINEERS]


def test_remove_member_stops_at_a_no_and_where_nobody_can_be_asked(sandbox):
    assert at_terminal("groups", "remove-member", ENGINEERS, BARBARA, answers={"[y/N]": "n\n"}).code == 3
    assert invoke("groups", "remove-member", ENGINEERS, BARBARA).code == 2
    assert BARBARA in members(sandbox)
    assert not writes(sandbox)
    assert invoke("groups", "remove-member", ENGINEERS, BARBARA, "--yes", "--if-match", 'W/"9"').code == 1
    assert invoke("groups", "remove-member", ENGINEERS, BARBARA, "--yes", "--if-match", 'W/"1"').code == 0
    assert BARBARA not in members(sandbox)


def test_nothing_is_asked_where_nobody_is_to_be_removed(sandbox):
    ran = at_terminal("groups", "remove-member", ENGINEERS, JORDAN)

    assert ran.code == 0
    assert "[y/N]" not in ran.err
    assert not writes(sandbox)


def test_dry_runs(sandbox):
    added = invoke("groups", "add-member", ENGINEERS, JORDAN, JORDAN, BARBARA, "--dry-run").data
    removed = invoke("groups", "remove-member", ENGINEERS, BARBARA, "--dry-run").data
    none = invoke("groups", "remove-member", ENGINEERS, JORDAN, "--dry-run").data

    assert added["request"]["body"]["Operations"][0] == {"op": "add", "path": "members", "value": [{"value": JORDAN}]}
    [change] = added["changes"]
    assert [member["value"] for member in change["after"]] == [*members(sandbox), JORDAN]
    assert removed["request"]["body"]["Operations"][0]["op"] == "remove"
    assert BARBARA not in [member["value"] for member in removed["changes"][0]["after"]]
    assert (none["request"], none["changes"]) == (None, [])
    assert not writes(sandbox)


def test_replace_shows_who_comes_and_goes(sandbox, tmp_path):
    group = sandbox.groups[ENGINEERS]
    group["members"] = [each for each in group["members"] if each["value"] != MICHAEL] + [{"value": JORDAN}]
    file = tmp_path / "group.json"
    file.write_text(json.dumps(group), "utf-8")

    assert invoke("groups", "replace", str(file)).code == 2, "nobody can be asked"
    dry = invoke("groups", "replace", str(file), "--dry-run", "-o", "table")
    assert f"- {MICHAEL} (Michael Okafor, USER)" in dry.out
    assert not writes(sandbox)
    ran = at_terminal("groups", "replace", str(file), answers={"[y/N]": "y\n"})

    assert ran.code == 0, ran.err
    assert f"- {MICHAEL} (Michael Okafor, USER)" in ran.err
    assert f"+ {JORDAN}" in ran.err
    assert MICHAEL not in members(sandbox)
    assert JORDAN in members(sandbox)
    assert writes(sandbox)[0].if_match == 'W/"1"'


def test_replace_without_members_is_stopped(sandbox):
    ran = invoke("groups", "replace", "-", "--id", ENGINEERS, "--yes", input='{"displayName": "Engineers"}')

    assert (ran.code, ran.out) == (3, "")
    assert "members" in ran.err
    assert not writes(sandbox)


def test_members_that_are_not_those_asked_for_are_uncertain(sandbox):
    sandbox.inject(Body.json(sandbox.groups[ENGINEERS]), on="groups.patch")
    ran = invoke("groups", "add-member", ENGINEERS, JORDAN)

    assert (ran.code, ran.out) == (4, "")
    assert "it lacks" in ran.err
