"""The page that compares the stock generator's code with ours is what its script gives today."""

from __future__ import annotations

import pytest

from scripts import payload_table
from tests.models.cases import wire_cases


@pytest.fixture(scope="module")
def page() -> str:
    return payload_table.page()


def test_the_committed_page_is_what_the_script_gives(page: str):
    remedy = "run python -m scripts.payload_table"
    assert payload_table.PAGE.read_text("utf-8") == page, remedy


def test_every_case_has_a_row_and_goes_well_here(page: str):
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [case.name for case in wire_cases()]
    assert all(row.endswith("| as it should |") for row in rows)


def test_the_comparison_tells_good_from_bad(page: str):
    rows = {row.split("`")[1]: row.split("|")[4].strip() for row in page.splitlines() if row.startswith("| `")}
    assert rows["meta-absent"] == "`KeyError`"
    assert rows["boolean-as-text"] == "misread"
    assert rows["date-zulu"] == "changed"
    assert rows["enum-known"] == "as it should"
