"""Mapping files, and what headers stand for."""

from __future__ import annotations

import io

import pytest

from maia_scim.apply.columns import target
from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.mapping import is_empty, overlaps, read_mapping
from maia_scim.apply.model import Fault
from maia_scim.apply.reading import open_rows


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "columns.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_a_mapping_file_is_read(written):
    path = written('\ufeff# ours\n[columns]\n"E-Mail" = "emails[work]"\nBemerkung = ""\n"Größe" = " "\nNr = "id"\n')
    assert read_mapping(path) == {"E-Mail": "emails[work]", "Bemerkung": "", "Größe": " ", "Nr": "id"}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [(None, None, "needs a table [columns]")]),
        ("columns = 1\n", [(None, None, "needs a table [columns]")]),
        ('[columns]\n"a" = "b\n', [(None, None, "is no TOML")]),
        ('[columns]\na = "id"\n"E-Mail" = "email"\n', [(3, "E-Mail", "email: no attribute of a user: did you mean")]),
        ("[columns]\na = 5\n", [(2, "a", "needs an attribute in quotes")]),
        ('[columns]\nname.first = "id"\n', [(2, "name", "in quotes")]),
        ('x = "id"\n[columns]\n[colums]\n', [(1, "x", "belong in [columns]"), (3, "colums", "belong in [columns]")]),
        ('[columns]\na = "password"\nb = "meta"\n', [(2, "a", "users patch"), (3, "b", "read-only")]),
        (b"[columns]\na = '\xe9'\n", [(None, None, "is not UTF-8")]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(written, text, faults):
    path = written(text)
    with pytest.raises(InvalidFile) as caught:
        read_mapping(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [fault[:2] for fault in faults]
    for fault, (_, _, message) in zip(caught.value.faults, faults, strict=True):
        assert message in fault.message


def test_the_parser_tells_the_line(written):
    with pytest.raises(InvalidFile, match="at line 2"):
        read_mapping(written("[columns]\na == 1\n"))


def test_a_mapping_that_is_not_there(tmp_path):
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_mapping(tmp_path / "none.toml")
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_mapping(tmp_path)


def _settings(text: str, mapping: dict[str, str]):
    with open_rows(io.BytesIO(text.encode()), mapping=mapping) as source:
        return [({each.target.path: each.value for each in row.settings}, row.faults) for row in source.rows()]


def test_headers_are_mapped():
    rows = _settings(
        "Nr, E-MAIL ,Bemerkung,title\n1,a@example.com,x,t\n",
        {"Nr": "id", "e-mail": "emails[work]", "Bemerkung": ""},
    )
    assert rows == [({'emails[type eq "work"].value': "a@example.com", "title": "t"}, ())]


def test_a_header_is_mapped_exactly_before_others():
    rows = _settings("id,Name,NAME\n1,a,b\n", {"NAME": "name.familyName", "Name": "name.givenName"})
    assert rows == [({"name.givenName": "a", "name.familyName": "b"}, ())]


def test_a_mapping_comes_before_what_a_header_means():
    assert _settings("id,title\n1,a\n", {"title": "displayName"}) == [({"displayName": "a"}, ())]
    assert _settings("id,title,meta,password\n1,a,b,c\n", {"title": "", "meta": " ", "password": ""}) == [({}, ())]


def test_names_in_json_are_mapped_too():
    text = '{"Nr": "1", "name": {"givenName": "a", "formatted": "b"}, "x": {"y": 1}, "foo": [1]}\n{"Nr": "2"}\n'
    rows = _settings(text, {"Nr": "id", "x": "", "name.formatted": "", "foo": "urn:example:foo"})
    assert rows == [({"name.givenName": "a", "urn:example:foo": [1]}, ()), ({}, ())]


@pytest.mark.parametrize("text", ["id\n1\n", '{"id": "1"}\n{"id": "2"}\n'])
def test_an_entry_for_what_the_file_does_not_have_is_a_fault(text):
    with pytest.raises(InvalidFile) as caught:
        _settings(text, {"e-mial": "emails[work]"})
    assert caught.value.faults == (
        Fault(None, "e-mial", "the mapping has an entry for it, but the file has no such column"),
    )


def test_a_file_without_records_lacks_nothing():
    assert _settings("[]", {"e-mial": "emails[work]"}) == []


def test_a_wrong_mapping_from_elsewhere_is_told_too():
    with pytest.raises(InvalidFile, match="column a: it is mapped to emials"):
        _settings("id,a\n1,x\n", {"a": "emials"})


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["title", "displayName"], []),
        (["title", "TITLE"], [("TITLE", "title")]),
        (["emails[work]", "emails[home]", "emails[work].display"], []),
        (["emails[work]", "emails[WORK].value"], [("emails[WORK].value", "emails[work]")]),
        (["emails", "emails[work]"], [("emails[work]", "emails")]),
        (["emails[work]", "emails"], [("emails", "emails[work]")]),
        (["urn:x:y:a", "urn:X:Y:A"], [("urn:X:Y:A", "urn:x:y:a")]),
        (["urn:x:y:a.b", "urn:x:y:a"], [("urn:x:y:a", "urn:x:y:a.b")]),
        (["urn:x:y:a.b", "urn:x:y:A.B"], [("urn:x:y:A.B", "urn:x:y:a.b")]),
        (["urn:x:y:a", "urn:x:z:a"], []),
        (["name.givenName", "name.familyName"], []),
    ],
)
def test_what_sets_the_same(headers, found):
    assert list(overlaps((header, target(header)) for header in headers)) == found


def test_what_is_empty():
    assert all(map(is_empty, [None, "", " \t\u00a0", [], {}]))
    assert not any(map(is_empty, [False, 0, 0.0, "0", [None], {"a": None}]))
