"""Every wire case: it parses, reads as promised, goes back as it came, and survives what Python does to objects."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any, cast

import attrs
import pytest

from tests.models.cases import Case, at, json_text, wire_cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_public_api.base import Model

CASES = wire_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def _through_pickle(model: Model) -> Model:
    again: Model = pickle.loads(pickle.dumps(model))
    return again


COPIES: dict[str, Callable[[Model], Model]] = {
    "evolve": attrs.evolve,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": _through_pickle,
}


def _soil(value: Any) -> None:
    """Change everything in a JSON value that can change."""
    for item in cast("dict[str, Any]", value).values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            _soil(item)
    if isinstance(value, dict):
        value.clear()
        value["soiled"] = True
    else:
        value.append("soiled")


@each_case
def test_reads_as_promised(case: Case):
    model = case.model.from_dict(case.fresh())
    assert json_text({path: at(model, path) for path in case.reads}) == json_text(case.reads)


@each_case
def test_goes_back_as_it_came(case: Case):
    body = case.fresh()
    written = case.model.from_dict(body).to_dict()
    assert json_text(written) == json_text(case.body)
    assert json_text(body) == json_text(case.body)
    assert json_text(case.model.from_dict(written).to_dict()) == json_text(case.body)


@each_case
def test_shares_nothing_with_its_readers_and_writers(case: Case):
    body = case.fresh()
    model = case.model.from_dict(body)
    _soil(model.to_dict())
    assert json_text(body) == json_text(case.body)
    assert json_text(model.to_dict()) == json_text(case.body)


@each_case
@pytest.mark.parametrize("way", COPIES)
def test_survives_being_copied(case: Case, way: str):
    model = case.model.from_dict(case.fresh())
    again = COPIES[way](model)
    assert again == model
    assert again is not model
    assert repr(again) == repr(model)
    assert json_text(again.to_dict()) == json_text(case.body)


@each_case
def test_reads_equal_when_read_twice(case: Case):
    one, other = (case.model.from_dict(case.fresh()) for _ in range(2))
    assert one == other
    other["urn:example:added"] = 1
    assert one != other


@each_case
def test_is_kept_whole_inside_an_extension(case: Case):
    inside = json.loads(json.dumps({"urn:example:carrier": [case.body]}))
    written = case.model.from_dict(inside).to_dict()
    assert json_text(written) == json_text(inside)


def test_names_are_unique():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
