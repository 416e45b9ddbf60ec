"""Which rows are taken."""

from __future__ import annotations

import io

import pytest

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.picks import Picks
from maia_scim.apply.reading import open_rows

CSV = """id,userName,Team,emails[work]
1,ann@example.com,red,a@x
2,bob@example.com,blue,b@y
3,cy@example.org,red,c@x
4,dan@example.com,red,
5,eve@example.com,Red,e@x
"""
JSON = b"""[
 {"id": "1", "userName": "ann@example.com", "name": {"givenName": "Ann"}, "active": true},
 {"id": "2", "userName": "bob@example.com",
  "emails": [{"type": "home", "value": "h@x"}, {"type": "Work", "value": "b@y"}]},
 {"id": "3", "userName": "cy@example.org", "emails[work]": "c@y", "Team": "red"}
]"""


def _csv(*match: str, skip: int = 0, limit: int | None = None, text: str = CSV):
    picks = Picks.parse(match, skip, limit)
    with open_rows(io.BytesIO(text.encode()), picks=picks, mapping={"Team": ""}) as source:
        return [row.id for row in source.rows()]


def _json(*match: str, skip: int = 0, limit: int | None = None):
    picks = Picks.parse(match, skip, limit)
    with open_rows(io.BytesIO(JSON), picks=picks, mapping={"Team": ""}) as source:
        return [row.id for row in source.rows()]


def test_a_number_of_rows():
    assert _csv() == ["1", "2", "3", "4", "5"]
    assert _csv(limit=2) == ["1", "2"]
    assert _csv(skip=3) == ["4", "5"]
    assert _csv(skip=1, limit=2) == ["2", "3"]
    assert _csv(skip=9) == []
    assert _csv(limit=9) == ["1", "2", "3", "4", "5"]


def test_rows_that_match():
    assert _csv("Team=red") == ["1", "3", "4"]
    assert _csv("team=^(?i:red)$") == ["1", "3", "4", "5"]
    assert _csv("Team=red", "userName=@example\\.com$") == ["1", "4"]
    assert _csv("Team=red", skip=1, limit=1) == ["3"]
    assert _csv("USERNAME=org") == ["3"]


def test_a_column_is_found_by_what_it_sets():
    assert _csv('emails[type eq "work"]=@x') == ["1", "3", "5"]
    picks = Picks((('emails[type eq "work"].value', "@x"),))
    with open_rows(io.BytesIO(CSV.encode()), picks=picks, mapping={"Team": ""}) as source:
        assert [row.id for row in source.rows()] == ["1", "3", "5"]


def test_an_empty_cell_can_be_matched():
    assert _csv("emails[work]=^$") == ["4"]


def test_records_of_json_match():
    assert _json("name.givenName=An") == ["1"]
    assert _json("active=true") == ["1"]
    assert _json("emails[work]=@y") == ["2", "3"]
    assert _json("emails=h@x") == ["2"]
    assert _json("Team=red") == ["3"]
    assert _json("title=^$") == ["1", "2", "3"]
    assert _json(skip=1, limit=1) == ["2"]


def test_an_item_of_json_is_found_by_its_type():
    data = b"""[
     {"id": "1", "phoneNumbers": [{"type": "work", "value": "x"}], "emails": [{"type": "work", "value": "y"}]},
     {"id": "2", "emails[WORK]": " x "},
     {"id": "3", "emails": [{"type": "WORK", "value": " x "}, {"type": "home"}]}
    ]"""
    for column in ("emails[work]", "emails[Work]", 'emails[type eq "work"].value'):
        with open_rows(io.BytesIO(data), picks=Picks(((column, "^x$"),))) as source:
            assert [row.id for row in source.rows()] == ["2", "3"]


def test_what_is_not_picked_is_not_checked():
    text = "id,active,Team\n1,true,a\n2,maybe,b\n,,c\n"
    assert _csv("Team=a", text=text) == ["1"]
    assert _csv(limit=1, text=text) == ["1"]


def test_what_is_not_picked_counts_as_lines():
    with open_rows(io.BytesIO(CSV.encode()), picks=Picks(skip=3, limit=1), mapping={"Team": ""}) as source:
        assert [row.line for row in source.rows()] == [5]


def test_nothing_is_read_as_rows_behind_the_limit():
    text = CSV + '6,"never closed'
    assert _csv(limit=5, text=text) == ["1", "2", "3", "4", "5"]
    with open_rows(io.BytesIO(b'[{"id": "1"}, nonsense'), picks=Picks(limit=1)) as source:
        assert [row.id for row in source.rows()] == ["1"]


def test_a_record_that_cannot_be_read_is_no_record_that_does_not_match():
    with open_rows(io.BytesIO(b'{"id": "1"}\n{nonsense}\n'), picks=Picks((("userName", "x"),))) as source:
        (row,) = source.rows()
    assert row.line == 2
    assert row.faults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("userName", "no COLUMN=REGEX"),
        ("=x", "no COLUMN=REGEX"),
        ("userName=(", "no regular expression"),
        ("userName=a{99999999999}", "no regular expression"),
    ],
)
def test_a_match_that_is_wrong(text, message):
    with pytest.raises(ValueError, match=message):
        Picks.parse([text])


def test_an_expression_may_have_equals_signs():
    assert Picks.parse(["a = b=c"]) == Picks((("a", " b=c"),))


def test_numbers_that_are_wrong():
    with pytest.raises(ValueError, match="skip is -1"):
        Picks(skip=-1)
    with pytest.raises(ValueError, match="limit is 0"):
        Picks(limit=0)


def test_an_unknown_column_is_told_before_any_row():
    with pytest.raises(InvalidFile, match="column Tam: there is no such column to match: it has id, userName, Team"):
        _csv("Tam=x")
    with pytest.raises(InvalidFile, match="column title: there is no such column"):
        _csv("title=x")
    with pytest.raises(InvalidFile, match="column Tam: cannot be matched: no attribute of a user"):
        _json("Tam=x")
