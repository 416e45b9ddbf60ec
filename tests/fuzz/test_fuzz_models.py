"""The fuzz target in short and without its engine, so that it works when it is needed."""

from __future__ import annotations

import random
import sys
from typing import Any

import maia_public_api.models as models
import pytest

from tests.fuzz import fuzz_models
from tests.models.cases import json_text, wire_cases
from tests.models.holds import check


@pytest.mark.parametrize("seed", range(20))
def test_what_holds_holds_after_mutations(seed: int):
    chance = random.Random(seed)
    for case in wire_cases():
        body: Any = case.fresh()
        for _ in range(chance.randint(1, 3)):
            body = fuzz_models.changed(body, chance, ["$ref", "value", "title", "meta"])
        check(case.model, body)


def test_mutations_change_something_and_leave_their_seed_alone():
    chance = random.Random(0)
    case = wire_cases()[0]
    body = case.fresh()
    results = {json_text(fuzz_models.changed(body, chance, ["title"])) for _ in range(50)}
    assert len(results) > 25
    assert json_text(body) == json_text(case.body)


@pytest.mark.parametrize("data", [b"", b"\xff", b"[1]", b"7", b"{}", b"[" * 100_000], ids=repr)
def test_any_input_becomes_an_object(data: bytes):
    check(models.ScimUser, fuzz_models.to_object(data))


def test_a_missing_engine_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit, match="pip install atheris"):
        fuzz_models.main()
