"""Reports as files: read again by what reads such files."""

import csv
import io
import json
import stat
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from maia_scim.apply.model import About, Entry, Result, Summary
from maia_scim.apply.report import format_of, save, write_report
from maia_scim.diff import Change, Difference

WHEN = datetime(2026, 3, 1, 13, 5, 9, 250_000, tzinfo=UTC)
ABOUT = About("apply", "https://x.example/scim", "us1", "client-7", "prod", "users.csv", WHEN)
DONE = Result(
    "done",
    WHEN,
    (WHEN + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=2))),
    status=200,
    request_id="r-1",
    attempts=2,
    differences=(Difference("TITLE", "Boss", "boss"), Difference("nickName", "Bob", None)),
    after={"secret": "whole user"},
)
ENTRIES = (
    Entry(
        1,
        2,
        "id-1",
        "Zoë",
        "change",
        note="look",
        changes=(
            Change("title", None, "Boss"),
            Change("emails", [{"value": "a@x"}], None),
            Change("active", True, False),
        ),
        kept=(Difference("locale", "de", "en"),),
        before={"secret": "whole user"},
        wanted={"secret": "whole user"},
        version='W/"1"',
        source={"secret": "whole row"},
        result=DONE,
        said="zoe@x.example",
        seen=WHEN,
    ),
    Entry(2, 3, "id-2", None, "invalid", note="column active: no"),
    Entry(3, 4, "id-3", "Anna", "unchanged"),
)
SUMMARY = Summary(change=1, invalid=1, unchanged=1, done=1, deactivations=1)


def written(format: Any, entries: Iterable[Entry] = ENTRIES) -> str:
    out = io.StringIO(newline="")
    write_report(out, format, ABOUT, SUMMARY, iter([*entries]), warnings=["Beware"])
    return out.getvalue()


def lines(entries: Iterable[Entry] = ENTRIES) -> list[dict[str, str]]:
    text = written("csv", entries)
    assert text.startswith("\ufeff")
    return [*csv.DictReader(io.StringIO(text[1:], newline=""), strict=True)]


def changed(path: str, before: Any, after: Any) -> Entry:
    return Entry(1, 2, "id", "name", "change", changes=(Change(path, before, after),))


def test_json_has_all_of_it():
    told = json.loads(written("json"))
    assert told["version"] == 1
    assert told["warnings"] == ["Beware"]
    assert told["about"] == {
        "kind": "apply",
        "base_url": "https://x.example/scim",
        "region": "us1",
        "account": "client-7",
        "profile": "prod",
        "file": "users.csv",
        "planned": "2026-03-01T13:05:09.250000Z",
    }
    assert told["summary"]["change"] == told["summary"]["done"] == 1
    assert told["summary"]["rows"] == 3
    assert [each["number"] for each in told["entries"]] == [1, 2, 3]
    assert told["entries"][0] == {
        "number": 1,
        "line": 2,
        "kind": "user",
        "id": "id-1",
        "userName": "Zoë",
        "said": "zoe@x.example",
        "seen": "2026-03-01T13:05:09.250000Z",
        "state": "change",
        "note": "look",
        "changes": [
            {"path": "title", "before": None, "after": "Boss"},
            {"path": "emails", "before": [{"value": "a@x"}], "after": None},
            {"path": "active", "before": True, "after": False},
        ],
        "kept": [{"path": "locale", "sent": "de", "answered": "en", "ignored": False}],
        "version": 'W/"1"',
        "result": {
            "outcome": "done",
            "begun": "2026-03-01T13:05:09.250000Z",
            "ended": "2026-03-01T13:05:10.250000Z",
            "error": None,
            "status": 200,
            "request_id": "r-1",
            "attempts": 2,
            "differences": [
                {"path": "TITLE", "sent": "Boss", "answered": "boss", "ignored": False},
                {"path": "nickName", "sent": "Bob", "answered": None, "ignored": True},
            ],
        },
    }
    assert told["entries"][2]["result"] is None


def test_json_of_nothing_is_json():
    assert json.loads(written("json", ()))["entries"] == []


def test_json_is_readable_and_takes_what_it_cannot_write():
    assert "Zoë" in written("json")
    odd = written("json", [changed("x", "\ud800", [float("nan"), float("inf")])])
    odd.encode()
    assert json.loads(odd, parse_constant=pytest.fail)["entries"][0]["changes"] == [
        {"path": "x", "before": "\ud800", "after": ["nan", "inf"]}
    ]


def test_csv_has_a_line_for_each_value():
    told = lines()
    assert [
        (each["action"], each["target"], each["before"], each["after"], each["message"], each["answered"])
        for each in told
    ] == [
        ("set", "title", "", "Boss", "done: look", "boss"),
        ("set", "emails", '[{"value": "a@x"}]', "", "done: look", ""),
        ("set", "active", "true", "false", "done: look", ""),
        ("none", "nickName", "", "Bob", "answered otherwise", "null"),
        ("none", "locale", "", "de", "kept otherwise", "en"),
        ("none", "", "", "", "invalid: column active: no", ""),
        ("none", "", "", "", "unchanged", ""),
    ]
    assert [each["number"] for each in told] == ["1"] * 5 + ["2", "3"]
    for each in told:
        assert each["service"] == "https://x.example/scim"
        assert (each["plan"], each["account"], each["file"]) == ("apply", "client-7", "users.csv")
        assert each["planned"] == "2026-03-01T13:05:09.250000Z"
    for each in told[:5]:
        assert (each["line"], each["kind"], each["id"], each["userName"], each["state"]) == (
            "2",
            "user",
            "id-1",
            "Zoë",
            "change",
        )
        assert (each["outcome"], each["status"], each["request_id"], each["attempts"]) == ("done", "200", "r-1", "2")
        assert (each["begun"], each["ended"]) == ("2026-03-01T13:05:09.250000Z", "2026-03-01T13:05:10.250000Z")
    assert (told[5]["state"], told[5]["outcome"]) == ("invalid", "")


def test_csv_keeps_line_ends_quotes_and_what_utf8_cannot_write():
    (told,) = lines([changed("x", 'a,"b"\r\nc', "d\ud800e")])
    assert told["before"] == 'a,"b"\r\nc'
    assert told["after"] == "d\\ud800e"


@pytest.mark.parametrize(
    "text", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\ufeff=1", "\uff1d1", "'=1", "''+1"]
)
def test_csv_gives_a_spreadsheet_no_formula(text):
    (told,) = lines([Entry(1, 2, text, text, "change", changes=(Change(text, text, [text]),), note=text)])
    for name in ("id", "userName", "target", "before", "message"):
        assert told[name] == f"'{text}"
    assert told["after"] == json.dumps([text], ensure_ascii=False)


@pytest.mark.parametrize("text", ["a=1", "O'Neil", "'quoted'", "12", "", " x", "a@x", "2026-03-01"])
def test_csv_leaves_other_texts_as_they_are(text):
    (told,) = lines([changed("x", text, None)])
    assert told["before"] == text


def test_csv_leaves_numbers_as_they_are():
    (told,) = lines([changed("x", -5, 1.5)])
    assert (told["before"], told["after"]) == ("-5", "1.5")


@pytest.mark.parametrize("format", ["json", "csv", "html"])
def test_no_password_and_no_whole_user_is_told(format):
    secret = Entry(
        1,
        2,
        "id",
        "name",
        "change",
        changes=(Change("password", "s3cret", "s3cret"), Change("x", {"passWord": "s3cret"}, [{"password": "s3cret"}])),
        kept=(Difference("password", "s3cret", None), Difference("y", {"password": "s3cret"}, "s")),
        source={"password": "s3cret"},
        result=Result(
            "done",
            WHEN,
            differences=(Difference("password", "s3cret", None), Difference("z", "1", {"password": "s3cret"})),
        ),
    )
    text = written(format, [secret, *ENTRIES])
    assert "s3cret" not in text
    assert "***" in text
    assert "whole user" not in text
    assert "whole row" not in text


def test_html_is_the_page():
    text = written("html")
    assert text.startswith("<!doctype html>")
    assert "Beware" in text
    assert "Report of applying" in text


@pytest.mark.parametrize(("name", "format"), [("a.json", "json"), ("b.CSV", "csv"), ("c.d/e.html", "html")])
def test_the_suffix_tells_the_format(name, format):
    assert format_of(name) == format


@pytest.mark.parametrize("name", ["a", "a.htm", "a.xlsx", ".json", "a.json.gz"])
def test_another_suffix_is_refused_and_says_which_there_are(name):
    with pytest.raises(ValueError, match=r"\.json, \.csv or \.html"):
        format_of(name)


def test_another_format_is_refused():
    with pytest.raises(ValueError, match="json, csv, html"):
        written("xml")


@pytest.mark.parametrize("name", ["report.json", "report.csv", "report.html"])
def test_a_file_is_saved_for_its_owner_alone(tmp_path, name):
    file = tmp_path / name
    file.write_text("what was there")
    file.chmod(0o644)
    save(file, ABOUT, SUMMARY, iter(ENTRIES), warnings=["Beware"])
    assert file.read_bytes().decode() == written(name.partition(".")[2])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [file]


def test_a_format_can_be_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save("report", ABOUT, SUMMARY, ENTRIES, format="csv")
    assert (
        (tmp_path / "report")
        .read_bytes()
        .startswith(b"\xef\xbb\xbfaction,kind,id,userName,target,before,after,message,")
    )


def failing() -> Iterator[Entry]:
    yield ENTRIES[0]
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["report.json", "report.csv", "report.html"])
def test_a_report_that_is_cut_short_leaves_the_old_one(tmp_path, name):
    file = tmp_path / name
    file.write_text("what was there")
    with pytest.raises(KeyboardInterrupt):
        save(file, ABOUT, SUMMARY, failing())
    assert file.read_text() == "what was there"
    assert [*tmp_path.iterdir()] == [file]


def test_a_wrong_suffix_and_a_missing_folder_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="html"):
        save(tmp_path / "report.txt", ABOUT, SUMMARY, ENTRIES)
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "no" / "report.csv", ABOUT, SUMMARY, ENTRIES)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OSError, match="directory"):
        save(tmp_path / "folder.csv", ABOUT, SUMMARY, ENTRIES)
    assert [*tmp_path.iterdir()] == [tmp_path / "folder.csv"]


@pytest.mark.parametrize("format", ["json", "csv"])
def test_memory_does_not_grow_with_the_entries(format):
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    def peak(count: int) -> int:
        entries = (changed("title", "x" * 200, "y" * 200) for _ in range(count))
        tracemalloc.start()
        write_report(Nowhere(), format, ABOUT, SUMMARY, entries)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(5000) < peak(500) + 1_000_000  # 2 MB, if it held them


GONE = [{"value": "id-1", "display": "Zoë"}, {"value": "id-2"}]
GROUP = Entry(1, None, "g-1", "Analytics", "change", changes=(Change("members", GONE, None),), kind="group")
NEW = Entry(2, 3, "", "new", "change", wanted={"userName": "new"}, kind="new user")


def test_json_tells_groups_from_users():
    group, new = json.loads(written("json", [GROUP, NEW]))["entries"]
    assert (group["kind"], group["displayName"], "userName" in group) == ("group", "Analytics", False)
    assert group["changes"] == [{"path": "members", "before": GONE, "after": None}]
    assert (new["kind"], new["userName"]) == ("new user", "new")
    assert new["changes"] == [{"path": "userName", "before": None, "after": "new"}]


def test_csv_has_a_line_for_each_member_who_goes_or_comes():
    columns = ("action", "kind", "id", "userName", "target", "before", "after")
    assert [tuple(each[name] for name in columns) for each in lines([GROUP, NEW])] == [
        ("remove", "group", "id-1", "Zoë", "g-1", "Analytics", ""),
        ("remove", "group", "id-2", "", "g-1", "Analytics", ""),
        ("create", "user", "", "new", "userName", "", "new"),
    ]
    (left,) = lines([Entry(1, None, "g-1", "Analytics", "unchanged", kind="group")])
    assert (left["action"], left["kind"], left["target"], left["state"]) == ("none", "group", "g-1", "unchanged")
