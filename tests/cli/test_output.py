"""Tables and JSON, and that neither shows a password or controls a terminal."""

import json

import click
import pytest

from maia_scim.cli import views
from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import changes_json, confirm, console, difference_lines, emit, item, masked, rows
from maia_scim.cli.plain import plain, plain_json
from maia_scim.diff import Change
from tests.support.canary import PASSWORD

EVIL = "a\x1b[31m\x07\r\nb\x9bc\u202ed"
SAFE = r"a\x1b[31m\x07\r\nb\x9bc\u202ed"


def test_plain_text_stays_and_signs_that_control_are_spelt():
    assert plain("Zoë 日本 🙂") == "Zoë 日本 🙂"
    assert plain(EVIL) == SAFE


def test_json_says_the_same_without_signs_that_control():
    text = plain_json(json.dumps({"a": EVIL, "ë": "\ud800"}, ensure_ascii=False))

    assert json.loads(text) == {"a": EVIL, "ë": "\ud800"}
    assert not [sign for sign in text if sign in EVIL and not sign.isprintable()]
    assert "ë" in text
    text.encode()


def test_a_table_shows_values_and_obeys_none(capsys):
    emit({}, lambda: rows(("name", EVIL), [(EVIL, "[bold]:smile:")]), "table")

    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert out.splitlines()[1] == f"{SAFE}  [bold]:smile:"
    assert "\x1b" not in out


def test_a_long_value_is_not_cut_in_a_pipe(capsys):
    emit({}, lambda: rows(("a", "b"), [("x" * 300, "y" * 300)]), "table")

    assert "x" * 300 + "  " + "y" * 300 in capsys.readouterr().out


def test_lines_will_do_for_a_table(capsys):
    emit({}, lambda: ["one", "two"], "table")

    assert capsys.readouterr().out == "one\ntwo\n"


def test_a_console_takes_no_markup(capsys):
    console().print("[bold]x[/bold] :smile: 12")
    console(err=True).print("told")

    told = capsys.readouterr()
    assert (told.out, told.err) == ("[bold]x[/bold] :smile: 12\n", "told\n")


def lines(*changes):
    return [click.unstyle(line) for line in difference_lines(changes)]


def test_changes_are_shown_by_path():
    assert lines(Change("title", "a", "b"), Change("nickName", None, "N"), Change("locale", "en", None)) == [
        "  ~ title     a → b",
        "  + nickName  N",
        "  - locale    en",
    ]


def test_of_an_array_the_items_that_differ_are_shown():
    home, work = {"value": "h@x", "type": "home"}, {"value": "w@x", "type": "work", "primary": True}
    assert lines(Change("emails", [home, work], [work, {"value": "n@x"}])) == [
        "  ~ emails",
        "      - h@x (home)",
        "      + n@x",
        "        and 1 more, as it was",
    ]
    assert lines(Change("emails", None, [home])) == ["  ~ emails", "      + h@x (home)"]


def test_no_password_is_shown():
    changes = [
        Change("password", PASSWORD, PASSWORD + "2"),
        Change("urn:a:1.0:User:password", None, PASSWORD),
        Change("name", None, {"password": PASSWORD, "given": "x"}),
        Change("list", None, [{"password": PASSWORD}]),
    ]
    shown = "\n".join(lines(*changes)) + json.dumps(changes_json(changes)) + item({"password": PASSWORD})

    assert PASSWORD not in shown
    assert shown.count("***") >= 7


def test_masked_knows_the_operations_of_a_patch():
    operation = {"op": "replace", "path": "Password", "value": PASSWORD}
    assert masked({"Operations": [operation]}) == {"Operations": [operation | {"value": "***"}]}
    assert masked({"op": "add", "value": {"password": PASSWORD, "title": "t"}})["value"] == {
        "password": "***",
        "title": "t",
    }


def test_changes_cannot_control_the_terminal():
    shown = "\n".join(lines(Change(EVIL, EVIL, {"value": EVIL, "type": EVIL}), Change("a", [EVIL], [{EVIL: EVIL}])))

    assert all(sign.isprintable() or sign == "\n" for sign in shown)


def test_paths_of_a_table_are_those_of_scim(capsys):
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    emit({}, lambda: views.one({"name": {"givenName": "B"}, urn: {"manager": {"value": "7"}}, "x": [1, 2]}), "table")

    firsts = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert firsts == ["attribute", "name.givenName", f"{urn}:manager.value", "x", "2"]


def test_names_of_resources():
    assert views.name_of({"userName": "b", "displayName": "B"}) == "b (B)"
    assert views.name_of({"displayName": "G", "id": "1"}) == "G"
    assert views.name_of({"id": "1"}) == "1"


def test_yes_asks_nobody_and_nobody_is_no_yes(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    confirm("really?", yes=True)
    with pytest.raises(Wrong, match="--yes is needed where nobody can be asked"):
        confirm("really?", yes=False)
    assert capsys.readouterr() == ("", "")
