"""The wire cases (`tests/wire`), and what of them is compared with what."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import maia_public_api.models

if TYPE_CHECKING:
    from maia_public_api.base import Model

WIRE = Path(__file__).parents[1] / "wire"


@dataclass(frozen=True)
class Case:
    """One body, and what must come of it; see `tests/wire/README.md`."""

    name: str
    source: str
    schema: str
    body: dict[str, Any]
    reads: dict[str, Any]
    why: str

    @property
    def model(self) -> type[Model]:
        model: type[Model] = getattr(maia_public_api.models, self.schema)
        return model

    def fresh(self) -> dict[str, Any]:
        """The body, shared with nobody."""
        body: dict[str, Any] = json.loads(json.dumps(self.body))
        return body


def wire_files() -> dict[str, list[Case]]:
    """The cases by the name of their file."""
    files = sorted(WIRE.glob("*.json"))
    return {file.stem: [Case(**case) for case in json.loads(file.read_text("utf-8"))] for file in files}


def wire_cases() -> list[Case]:
    return [case for cases in wire_files().values() for case in cases]


def json_text(value: Any) -> str:
    """What two JSON values have in common if they are equal as text; 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def at(model: Any, path: str) -> Any:
    """The value at a path like `emails[0].value`, `['urn:x']['key']` or `len(emails)`, as JSON."""
    if inside := re.fullmatch(r"len\((.+)\)", path):
        return len(_walk(model, inside[1]))
    return _plain(_walk(model, path))


_STEP = re.compile(r"\.?(?P<name>[A-Za-z_]\w*)|\[(?P<index>\d+)\]|\['(?P<key>[^']*)'\]")


def _walk(value: Any, path: str) -> Any:
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        assert step, f"{path!r} is no path from column {position + 1}"
        position = step.end()
        if step["name"]:
            value = getattr(value, step["name"])
        else:
            value = value[int(step["index"]) if step["index"] else step["key"]]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value
