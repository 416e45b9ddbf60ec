"""Coverage-guided fuzzing of the generated models.

    python -m pip install atheris attrs python-dateutil
    python tests/fuzz/fuzz_models.py -runs=1000000

Takes libFuzzer's options; a folder among the arguments replaces `build/fuzz-corpus`, which starts from the wire cases.
An input is a JSON object. It is read as every model, and everything of `tests/models/holds.py` must hold; whatever
does not ends the run with a `crash-…` file, which is the input.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "build" / "fuzz-corpus"
LONGEST = 16_384

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 0.5, 1e300, 2**64, -(10**30), 1714566645, 1712010112345, 10**40),
    *("", " ", "true", "False", "null", "7", "1714566645", "direct", "DIRECT", "\ud800", "\u0130", "\u017f", "'", "[]"),
    *("2024-05-01T12:30:45Z", "2024-12-31T23:59:60Z", "2024-05-01t24:00:00", "2024-05-01 12:30:45.123456789+05:30"),
    *("9999-12-31T23:59:60Z", "0001-01-01T00:00:00+23:59", "2024-W18-3", "20240501", "2024-05-01T12:30:45+24:00"),
    *(
        [],
        {},
        [None],
        [[]],
        [1, 2, 3],
        [2024, 5, 1, 12, 30, 45, 123],
        [2024, 5, 1],
        [{}],
        ["x", {"value": "x"}],
        {"value": 1},
    ),
    *({"$ref": "x"}, {"Value": "x", "value": 1}, {"resourceType": "User"}),
]


def main() -> None:
    """Fuzz until a finding, or for as long as the options say."""
    sys.path[:0] = [str(ROOT), str(ROOT / "generated")]
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("atheris is not installed: python -m pip install atheris attrs python-dateutil")
    with atheris.instrument_imports(include=["maia_public_api", "dateutil.parser.isoparser"]):
        import maia_public_api.models as models

        names: list[str] = [name for name in models.__all__ if hasattr(getattr(models, name), "from_dict")]
        importlib.import_module("dateutil.parser.isoparser")
    from tests.models.cases import json_text, wire_cases
    from tests.models.holds import attributes, check, check_clearing

    keys = sorted({key for name in names for key in getattr(models, name)._names} | {"$ref", "urn:example:x"})

    def run(data: bytes) -> None:
        body = to_object(data)
        try:
            json_text(body)
        except (RecursionError, ValueError):  # deeper than the reader of the result goes
            return
        for name in names:
            model = getattr(models, name)
            check(model, body)
            check_clearing(model, body, attributes(model)[len(data) % len(attributes(model))])

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.2:
            mutated: bytes = atheris.Mutate(data, longest)
            return mutated
        body: Any = to_object(data)
        for _ in range(chance.randint(1, 3)):
            body = changed(body, chance, keys)
        text = json.dumps(body).encode()
        return text if len(text) <= longest else data[:longest]

    arguments = sys.argv[1:]
    if all(argument.startswith("-") for argument in arguments):
        CORPUS.mkdir(parents=True, exist_ok=True)
        for case in wire_cases():
            (CORPUS / f"wire-{case.name}.json").write_text(json.dumps(case.body), encoding="ascii")
        arguments.append(str(CORPUS))
    atheris.Setup([sys.argv[0], f"-max_len={LONGEST}", *arguments], run, custom_mutator=mutate)
    atheris.Fuzz()


def to_object(data: bytes) -> dict[str, Any]:
    """An input as a JSON object, whatever it is."""
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        value = {"userName": data.decode("latin-1")}
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    return {"emails": value, "meta": {"created": value}}


def changed(value: Any, chance: random.Random, keys: list[str]) -> Any:
    """A JSON value with one change somewhere in it."""
    if value and isinstance(value, dict | list) and chance.random() < 0.75:
        members = cast("dict[Any, Any]", value.copy())  # or a list: places are all that is asked of it
        place = chance.choice(list(members) if isinstance(value, dict) else range(len(members)))
        members[place] = changed(members[place], chance, keys)
        return members
    if isinstance(value, dict):
        return _changed_object(cast("dict[str, Any]", value), chance, keys)
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        position = chance.randint(0, len(items))
        return [*items[:position], chance.choice(ODD), *items[position:]]
    if isinstance(value, str) and value and chance.random() < 0.6:
        position = chance.randrange(len(value))
        end = position + chance.randint(0, 1)
        return value[:position] + chance.choice("0123456789TZtz:+-. Wé\ud800") + value[end:]
    return chance.choice([*ODD, [value], {"value": value}, str(value)])


def _changed_object(value: dict[str, Any], chance: random.Random, keys: list[str]) -> dict[str, Any]:
    if value and chance.random() < 0.3:
        gone = chance.choice(list(value))
        return {key: item for key, item in value.items() if key != gone}
    name = chance.choice([*keys, *value])
    name = chance.choice([name, name, name.upper(), name.lower(), name.title(), name + "x"])
    return {**value, name: chance.choice([*ODD, *value.values()])}


if __name__ == "__main__":
    main()
