"""The page for whoever approves a plan, and for whoever reads what became of it."""

import re
from datetime import timedelta, timezone
from typing import Any

import pytest

from maia_scim.apply.model import About, Entry, Result, Summary
from maia_scim.diff import Change, Difference
from tests.apply.pages import ABOUT, OFF, RENAME, TITLE, WHEN, entry, page, result

URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_the_heading_says_where_what_and_when():
    plan = page([entry(1, TITLE)], Summary(change=1))
    for told in ("Plan to apply", "1 user to change", "Nothing has been changed yet", "leavers.csv", "prod", "us1"):
        assert told in plan.text
    assert "https://us1.api.example.com/dpc" in plan.text
    assert "client-7" in plan.text
    assert "1 Mar 2026, 13:05:09 UTC 2026-03-01T13:05:09Z" in plan.text
    assert plan.texts["title"].startswith("Plan to apply: 1 user to change (leavers.csv, ")


def test_times_are_in_utc_whatever_their_zone():
    zone = timezone(timedelta(hours=5, minutes=30))
    for when in (WHEN.astimezone(zone), WHEN.replace(tzinfo=None)):
        assert "1 Mar 2026, 13:05:09 UTC" in page(about=About("apply", "u", None, "a", None, "-", when)).text


def test_an_undo_names_its_journal_and_a_report_what_was_made():
    undo = About("undo", "https://x.example", None, "client", None, "j.journal", WHEN)
    assert "Plan to undo" in page(about=undo).text
    assert "Journal j.journal" in page(about=undo).text
    report = page([entry(1, OFF, result=result("done", status=200))], Summary(change=1, done=1), undo)
    assert "Report of undoing 1 of 1 change made" in report.text
    assert "Region" not in report.text
    assert "standard input" in page(about=About("apply", "u", None, "a", None, "-", WHEN)).text


def test_a_change_is_told_before_and_after():
    told = page(
        [entry(1, Change("nickName", None, "Bob"), Change(f"{URN}:manager.value", "m-1", None), note="Look here.")],
        Summary(change=1),
    )
    assert "user1@example.com" in told.text
    assert "id-1" in told.text
    assert "line 2" in told.text
    assert "Look here." in told.text
    source = told.source.replace("<wbr>", "")
    assert f"manager.value <small>{URN}</small>" in source
    assert '<td data-t><span class="none">—</span></td><td data-t><ins><bdi>Bob</bdi></ins></td>' in source
    assert '<td data-t><del><bdi>m-1</bdi></del></td><td data-t><span class="none">—</span></td>' in source


def test_of_an_array_only_the_items_that_change_are_told():
    before = [{"value": f"{name}@x", "type": "work"} for name in "abcde"]
    told = page(
        [entry(1, Change("emails", before, [{"value": "new@x", "type": "work"}, *before[1:]]))], Summary(change=1)
    )
    assert len(told.all("del")) == len(told.all("ins")) == 1
    assert "a@x (work)" in told.text
    assert "new@x (work)" in told.text
    assert "4 others as before" in told.text
    assert "b@x" not in told.text
    cleared = page([entry(1, Change("emails", before[:1], []))], Summary(change=1)).text
    assert "a@x (work) none comes" in cleared
    assert "none comes" not in page([entry(1, Change("emails", before[:1], None))], Summary(change=1)).text


def test_where_two_texts_differ_is_marked():
    def marked(before: str, after: str) -> list[str]:
        return re.findall("<mark>(.*?)</mark>", page([entry(1, Change("title", before, after))]).source)

    assert marked("anna.bell@x.example", "anna.ball@x.example") == ["e", "a"]
    assert marked("Research", "Research and Development") == [" and Development"]
    assert marked("Engineer", "Manager") == []
    assert marked("\u0430nna@example.com", "anna@example.com") == ["\u0430", "a"]  # a Cyrillic one
    assert marked("be\u0301x", "ba\u0301x") == ["e\u0301", "a\u0301"]
    assert marked("cafe\u0301 au lait", "cafe\u0300 au lait") == ["e\u0301", "e\u0300"]


def test_very_long_values_are_cut_and_still_show_where_they_differ():
    one, other = "a" * 9000 + "b" + "c" * 9000, "a" * 9000 + "d" + "c" * 9000
    told = page([entry(1, Change("title", one, other))])
    assert len(told.source) < 40_000
    assert "<mark>b</mark>" in told.source
    assert "<mark>d</mark>" in told.source
    assert "(18,001 characters in all)" in told.text


def test_many_items_are_cut():
    told = page([entry(1, Change("roles", None, [f"role{number}" for number in range(300)]))])
    assert len(told.all("ins")) == 200
    assert "and 100 more" in told.text


def test_deactivations_and_renames_stand_first_and_are_counted():
    told = page(
        [
            entry(1, TITLE),
            entry(2, RENAME),
            entry(3, OFF),
            entry(4, RENAME, OFF),
            entry(5, Change("active", False, True)),
        ],
        Summary(change=5, deactivations=2),
    )
    assert told.flags() == {
        "n3": "change deactivations users",
        "n4": "change deactivations renames users",
        "n2": "change renames users",
        "n1": "change users",
        "n5": "change users",
    }
    titles = re.findall(r'<h2>(.*?) <span class="count">(\d+)', told.source)
    assert titles == [("Deactivations", "2"), ("Renames", "1"), ("Other changes", "2")]
    assert told.tiles()["deactivations"] == ("2", True)
    assert told.tiles()["renames"] == ("2", True)
    assert 'class="tile loud"' in told.source
    assert "activation" in told.section("Other changes").text


def test_without_deactivations_nothing_is_loud():
    told = page([entry(1, TITLE)], Summary(change=1))
    assert told.tiles()["deactivations"] == ("0", False)
    assert "renames" not in told.tiles()
    assert "tile loud" not in told.source
    assert "<h2>Changes " in told.source


def test_letter_case_is_told_where_it_is_all():
    told = page([entry(1, Change("name.familyName", "BELL", "Bell"), TITLE), entry(2, Change("title", "a", "A"))])
    assert told.flags() == {"n1": "change users", "n2": "change case_only users"}
    assert told.text.count("letter case only") == 3
    assert page(summary=Summary(case_only=7)).tiles()["case_only"] == ("7", False)


def test_rows_that_nothing_is_done_about_say_why():
    states = ("not_found", "invalid", "unread", "protected", "conflict")
    told = page(
        [entry(at, state=state, note=f"why {state}") for at, state in enumerate(states, 1)],
        Summary(not_found=1, invalid=1, unread=1, protected=1, conflict=1),
    )
    section = told.section("Left alone")
    for at, state in enumerate(states, 1):
        assert section.flags()[f"n{at}"] == state
        assert f"why {state}" in section.text
        assert told.tiles()[state] == ("1", True)
    nameless = page([Entry(1, None, "", None, "invalid", note="column id: it is empty")])
    assert "(name not known) (no id) row 1 invalid column id: it is empty" in nameless.text


def test_unchanged_rows_are_all_there_in_short():
    told = page([entry(at, state="unchanged") for at in range(1, 251)], Summary(unchanged=250))
    assert [each["data-f"] for each in told.all("li")] == ["unchanged"] * 250
    assert len([each for each in told.all("ul") if each["class"] == "plain"]) == 3
    assert told.all("article") == []
    assert len(told.all("details")) == 1
    assert "user250@example.com id-250 line 251" in told.text


def test_kept_differences_are_told():
    kept = (Difference("title", "Dr", "Doctor"), Difference("nickName", None, "Bob"))
    told = page(
        [entry(1, TITLE, kept=kept), entry(2, state="unchanged", kept=kept)], Summary(change=1, unchanged=1, kept=2)
    )
    assert told.flags() == {"n1": "change kept users", "n2": "unchanged kept"}
    assert told.tiles()["kept"] == ("2", True)
    assert "wanted Dr" in told.section("Kept by the service otherwise").text
    assert "answered Doctor" in told.text
    assert "wanted —" in told.text


def test_results_are_told_in_full():
    fine = result("done", status=200, request_id="r-1", attempts=1, differences=(Difference("title", "a", None),))
    refused = result("refused", status=400, request_id="r-2", attempts=3, error="userName is taken")
    unknown = Result("unknown", WHEN, error="the run was cut short", attempts=1)
    entries = [
        entry(1, TITLE, result=fine),
        entry(2, OFF, result=refused),
        entry(3, TITLE, result=unknown),
        entry(4, TITLE),
        entry(5, TITLE, result=result("moved")),
        entry(6, TITLE, result=result("not_sent")),
    ]
    told = page(
        entries, Summary(change=6, done=1, refused=1, unknown=1, moved=1, not_sent=1, adjusted=1, deactivations=1)
    )
    assert told.flags() == {
        "n2": "change deactivations users refused",
        "n3": "change users unknown",
        "n4": "change users untried",
        "n5": "change users moved",
        "n6": "change users not_sent",
        "n1": "change users done adjusted",
    }
    assert "1 of 6 changes made" in told.text
    assert len(told.section("Not done").all("article")) == 5
    assert "userName is taken" in told.text
    assert "1 Mar 2026, 13:05:09 UTC, took 1.3 s HTTP 400 request r-2 3 attempts" in told.text
    assert "Nobody can tell yet" in told.text
    assert "The run ended before this change." in told.text
    assert "sent a answered —" in told.section("Changes").text
    for name in ("done", "refused", "unknown", "moved", "not_sent", "untried", "adjusted"):
        assert told.tiles()[name] == ("1", True)


def test_no_outcomes_are_counted_of_a_plan():
    assert not {"done", "refused", "unknown", "untried"} & page([entry(1, TITLE)], Summary(change=1)).tiles().keys()


GROUP = Entry(
    6,
    None,
    "g-1",
    "Data Engineering",
    "change",
    note="the group would be left without members",
    changes=(Change("members", [{"value": "id-1", "display": "Zoë"}, {"value": "id-2"}], None),),
    kind="group",
    empties=True,
)
COMES = Entry(
    7, None, "g-2", "Analytics", "change", changes=(Change("members", None, [{"value": "id-1"}]),), kind="group"
)
NEW = Entry(8, 9, "", "new@x.example", "change", wanted={"userName": "new@x.example", "active": False}, kind="new user")


def test_groups_and_new_users_are_told_by_kind():
    summary = Summary(change=4, groups=2, creations=1, additions=1, removals=2, members=3)
    told = page([entry(1, TITLE), GROUP, COMES, NEW], summary)
    assert "1 user to change, 1 user to create, 1 member to add to and 2 to remove from 2 groups" in told.text
    titles = re.findall(r'<h2>(.*?) <span class="count">(\d+)', told.source)
    assert titles == [("Members who go", "1"), ("Members who come", "1"), ("New users", "1"), ("Other changes", "1")]
    assert told.flags() == {
        "n6": "change removals",
        "n7": "change additions",
        "n8": "change creations",
        "n1": "change users",
    }
    tiles = told.tiles()
    assert (tiles["users"], tiles["creations"]) == (("1", True), ("1", True))
    assert (tiles["removals"], tiles["additions"]) == (("2", True), ("1", True))
    assert not {"change", "deactivations", "renames"} & tiles.keys()  # no rename is a name that is new altogether
    goes = told.section("Members who go").text
    assert "Zoë (id-1)" in goes
    assert "left without members" in goes
    assert "new@x.example" in told.section("New users").text


@pytest.mark.parametrize(
    ("kind", "plan", "report"),
    [
        ("groups sync", "Plan to sync groups", "Report of syncing groups"),
        ("users rename", "Plan to rename users", "Report of renaming users"),
        ("users set", "Plan to set attributes", "Report of setting attributes"),
        ("offboard", "Plan to offboard", "Report of offboarding"),
    ],
)
def test_what_made_the_plan_is_in_its_heading(kind: Any, plan: str, report: str):
    about = About(kind, ABOUT.base_url, "us1", "client-7", None, "", WHEN)
    assert plan in page([entry(1, TITLE)], Summary(change=1), about).text
    told = page([entry(1, TITLE, result=result("done"))], Summary(change=1, done=1), about)
    assert report in told.text
    assert "File" not in told.text  # there is none
    assert "(region us1, account client-7)" in told.texts["title"]


def test_a_reason_is_not_told_twice():
    moved = "somebody else changed title since the plan was made: plan again"
    told = page([entry(1, TITLE, result=result("moved", error=moved))], Summary(change=1, moved=1))
    assert moved in told.text
    assert "Somebody else changed the user after" not in told.text
