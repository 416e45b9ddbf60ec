"""The page for whoever approves a plan, and for whoever reads what became of it."""

import hashlib
import io
import re
import shutil
import subprocess
import tracemalloc
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from maia_scim.apply.model import About, Entry, Result, Summary
from maia_scim.apply.page import write_page
from maia_scim.diff import Change, Difference

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WHEN = datetime(2026, 3, 1, 13, 5, 9, tzinfo=UTC)
ABOUT = About("apply", "https://us1.api.example.com/dpc", "us1", "client-7", "prod", "leavers.csv", WHEN)
HOSTILE = """</script><img src=x onerror=alert(1)>"'&amp;\u202egnp\x1b[31m"""
SEEN = """</script><img src=x onerror=alert(1)>"'&amp;\\u202egnp\\x1b[31m"""
URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NOTHING = Summary()
INLINE = {"bdi", "mark", "code", "time"}
VOID = {"meta", "input", "wbr", "br", "img", "link"}


class Page(HTMLParser):
    """Reads a page, and fails where an element is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.seen: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag not in INLINE:
            self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script", "title"):
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data
        else:
            self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.seen).split())

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    def flags(self) -> dict[str, str | None]:
        return {str(each["id"]): each["data-f"] for each in self.all("article")}

    def tiles(self) -> dict[str, tuple[str, bool]]:
        """The number of each, and whether it is a filter."""
        numbers = dict(re.findall(r'data-state="(\w+)"[^>]*><b>([\d,]+)</b>', self.source))
        return {
            str(each["data-state"]): (numbers[each["data-state"]], "data-any" in each)
            for each in self.all("button")[:-1]
        }

    def section(self, title: str) -> "Page":
        (found,) = re.findall(rf"<section>\n<h2>{title} .*?</section>", self.source, re.DOTALL)
        return Page(found)


def page(
    entries: Iterable[Entry] = (), summary: Summary = NOTHING, about: About = ABOUT, warnings: Iterable[str] = ()
) -> Page:
    out = io.StringIO()
    write_page(out, about, summary, iter([*entries]), warnings=warnings)
    return Page(out.getvalue())


def entry(number: int, *changes: Change, state: Any = "change", **values: Any) -> Entry:
    return Entry(number, number + 1, f"id-{number}", f"user{number}@example.com", state, changes=changes, **values)


def result(outcome: Any, **values: Any) -> Result:
    return Result(outcome, WHEN, WHEN + timedelta(seconds=1.26), **values)


OFF = Change("active", True, False)
RENAME = Change("userName", "a@example.com", "b@example.com")
TITLE = Change("title", "Engineer", "Manager")


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


def test_nothing_from_outside_is_markup():
    name = HOSTILE
    hostile = Entry(
        1,
        2,
        name,
        name,
        "change",
        note=name,
        changes=(
            Change(name, name, name + "x"),
            Change(name, name, "x" + name),
            Change("emails", [{"value": name, "type": name, name: name}], [{"value": 1}]),
            Change("x", None, {name: name}),
        ),
        kept=(Difference(name, name, name),),
        result=result("refused", error=name, request_id=name, differences=(Difference(name, name, name),)),
    )
    about = About("apply", name, name, name, name, name, WHEN)
    entries = [hostile, Entry(2, 3, name, name, "unchanged"), Entry(3, 4, name, name, "invalid", note=name)]
    told = page(entries, Summary(change=1, refused=1, unchanged=1, invalid=1), about, [name])
    assert not told.all("img")
    assert len(told.all("script")) == 1
    assert "<img" not in told.source
    assert "onerror=alert(1)>" not in told.source
    assert "\u202e" not in told.source
    assert "\x1b" not in told.source
    assert told.text.count(SEEN) > 20
    known = (
        "class id data-f data-t data-state data-any type disabled scope datetime lang charset http-equiv content name "
        "role aria-label aria-live aria-hidden hidden for placeholder autocomplete autocapitalize spellcheck"
    )
    assert {attribute for _, attributes in told.elements for attribute in attributes} <= {*known.split()}


def test_passwords_are_not_told():
    told = page([entry(1, Change("password", None, "s3cret"), Change("x", None, [{"password": "s3cret"}]))])
    assert "s3cret" not in told.source
    assert "***" in told.text


def test_it_loads_nothing_and_runs_only_its_own():
    told = page([entry(1, TITLE)], Summary(change=1))
    (policy,) = [each["content"] for each in told.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None

    def hash_of(name: str) -> str:
        return "'sha256-" + b64encode(hashlib.sha256(told.texts[name].encode()).digest()).decode() + "'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {hash_of('style')}",
        f"script-src {hash_of('script')}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    for _, attributes in told.elements:
        assert not {"src", "href", "srcset", "action", "style", "background"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in told.texts["style"]
    assert "@import" not in told.texts["style"]
    assert not re.search(r"https?://|innerHTML|eval|fetch|import", told.texts["script"])
    before = told.source.index("Content-Security-Policy")
    assert before < told.source.index("<style>") < told.source.index("<script>")


def test_it_is_read_without_its_script():
    told = page([entry(1, OFF)], Summary(change=1))
    assert all("disabled" in each for each in told.all("button") if "data-state" in each)  # it would do nothing
    (tools,) = [each for each in told.all("div") if each.get("class") == "tools"]
    assert "hidden" in tools
    assert all("hidden" not in each for each in told.all("article") + told.all("section"))


def test_warnings_are_told_first():
    told = page([entry(1, OFF)], Summary(change=1), warnings=["The service has no versions.", "Two"])
    assert told.text.index("The service has no versions.") < told.text.index("deactivations")
    assert 'class="warnings"' not in page().source


def test_a_plan_of_nothing_is_a_page():
    told = page()
    assert "0 users to change" in told.text
    assert told.all("section") == []


def test_the_same_plan_gives_the_same_page():
    entries = [entry(1, OFF), entry(2, TITLE), entry(3, state="unchanged")]
    assert page(entries).source == page(entries).source


class Nowhere(io.StringIO):
    size = 0

    def write(self, text: str) -> int:
        self.size += len(text)
        return len(text)


def test_memory_does_not_grow_with_the_entries():
    def many(count: int) -> Iterator[Entry]:
        for at in range(1, count + 1):
            yield entry(at, Change("title", "x" * 400, "y" * 400)) if at % 2 else entry(at, state="unchanged")

    def peak(count: int) -> int:
        out = Nowhere()
        tracemalloc.start()
        write_page(out, ABOUT, Summary(), many(count))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert out.size > 500 * count
        return most

    peak(10)
    small, large = peak(2000), peak(10_000)
    assert large < small + 200_000


def colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text))


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_text_can_be_told_from_its_ground():
    css = (files("maia_scim") / "apply" / "page.css").read_text("utf-8")
    themes = [colours(block) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)]
    assert len(themes) == 3
    pairs = [(ink, ground) for ink in ("ink", "soft", "alarm") for ground in ("ground", "panel")]
    pairs += [("old-ink", "old"), ("old-ink", "old-mark"), ("new-ink", "new"), ("new-ink", "new-mark")]
    pairs += [("loud-ink", "loud"), ("care-ink", "care")]
    for theme in themes[:2]:  # the third is paper
        for ink, ground in pairs:
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        for ground in ("ground", "panel"):
            assert contrast(theme["focus"], theme[ground]) >= 3


# In a browser.


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    """Opens a page of four rows at an address, and gives it as it is then."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium to open the page in")
    folder = tmp_path_factory.mktemp("page")
    path = folder / "plan.html"
    entries = [
        entry(1, OFF),
        entry(2, Change("displayName", "Jörg Müller", "Jörg Möller")),
        entry(3, state="unchanged"),
        entry(4, state="invalid", note="column active: <b>ja</b>"),
    ]
    with path.open("w", encoding="utf-8", newline="") as out:
        write_page(out, ABOUT, Summary(change=2, unchanged=1, invalid=1, deactivations=1), entries)

    def browse(fragment: str) -> Page:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        address = f"{path.as_uri()}{fragment}"
        ran = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, timeout=60, check=True)
        return Page(ran.stdout)

    return browse


def rows(of: Page) -> list[str]:
    shown = [each for each in of.all("article") + of.all("li") if "data-f" in each and "hidden" not in each]
    return [str(each.get("id", "unchanged")) for each in shown]


@pytest.mark.parametrize(
    ("fragment", "shown", "status"),
    [
        ("", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#n2", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#state=no+such", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#state=not_found", ["n1", "n2", "n4", "unchanged"], "4 rows"),  # there is none to show
        ("#state=deactivations", ["n1"], "1 of 4 shown: deactivations"),
        ("#state=unchanged", ["unchanged"], "1 of 4 shown: unchanged"),
        ("#q=muller", ["n2"], "1 of 4 shown: “muller”"),
        ("#q=M%C3%96LLER+line", ["n2"], "1 of 4 shown: “MÖLLER line”"),
        ("#q=id-3", ["unchanged"], "1 of 4 shown: “id-3”"),
        ("#q=before", [], "0 of 4 shown: “before”"),  # a heading of columns, which is no value
        ("#q=%3Cb%3Eja&state=invalid", ["n4"], "1 of 4 shown: invalid, “<b>ja”"),
        ("#q=user&state=change", ["n1", "n2"], "2 of 4 shown: to change, “user”"),
    ],
)
def test_the_address_sets_the_filter(browsed, fragment, shown, status):
    told = browsed(fragment)
    assert rows(told) == shown
    assert status in told.text
    (nothing,) = [each for each in told.all("p") if each.get("id") == "nothing"]
    assert ("hidden" in nothing) == bool(shown)
    pressed = [each["data-state"] for each in told.all("button") if each.get("aria-pressed") == "true"]
    assert pressed == (re.findall(r"state=(\w+)", fragment) if "shown: " in status else [])
    assert ["open" in each for each in told.all("details")] == ["shown:" in status]


def test_the_script_makes_the_filters_work(browsed):
    told = browsed("")
    enabled = {each["data-state"] for each in told.all("button") if "data-state" in each and "disabled" not in each}
    assert enabled == {"change", "deactivations", "unchanged", "invalid"}
    assert all("hidden" not in each for each in told.all("div") if each.get("class") == "tools")


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
