"""Bodies for the models, derived from the specification's schemas: as promised, and as servers break the promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
Json = st.SearchStrategy[Any]
Body = st.SearchStrategy[dict[str, Any]]

DATES = st.one_of(
    st.datetimes(timezones=st.none() | st.timezones()).map(lambda moment: moment.isoformat()),
    st.from_regex(
        r"[0-2]\d{3}-[01]\d-[0-3]\d[Tt ]([01]\d|2[0-4]):[0-5]\d:[0-6]\d(\.\d{0,9})?([Zz]|[+-]\d\d:?\d\d)?",
        fullmatch=True,
    ),
)
NUMBERS = st.integers() | st.integers(10**8, 2 * 10**12) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=8) | st.sampled_from(["", "null", "true", "False", "7", "1714566645", "direct"]) | DATES
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
ANY: Json = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("value"), inner, max_size=3)
    ),
    max_leaves=5,
)


def load() -> dict[str, dict[str, Any]]:
    """All object schemas: the vendor's from the vendored file, our additions from what the code is generated from."""
    yaml: Any = YAML(typ="safe", pure=True)
    vendored = yaml.load((ROOT / "openapi" / "public-api-endpoint-reference.yaml").read_text("utf-8"))
    generated = json.loads((ROOT / "generated" / "openapi.json").read_text("utf-8"))
    schemas: dict[str, Any] = {**generated["components"]["schemas"], **vendored["components"]["schemas"]}
    return {name: schema for name, schema in schemas.items() if "properties" in schema}


class Bodies:
    """Strategies for bodies of each schema.

    Args:
        schemas: The schemas by name.
    """

    def __init__(self, schemas: dict[str, dict[str, Any]]) -> None:
        self._schemas = schemas
        self._made: dict[str, Body] = {}

    def of(self, name: str) -> Body:
        """Bodies of the schema of that name, some of whose promises are broken."""
        if name not in self._made:
            properties: dict[str, Any] = self._schemas[name]["properties"]
            known = {key: self._value(schema) for key, schema in properties.items()}
            spellings = [key for name in properties for key in (name.upper(), name.lower(), "$" + name)]
            others = st.dictionaries(
                st.sampled_from([*spellings, "urn:example:x"]) | st.text(max_size=5), ANY, max_size=2
            )
            self._made[name] = st.builds(_join, st.fixed_dictionaries({}, optional=known), others)
        return self._made[name]

    def _value(self, schema: dict[str, Any]) -> Json:
        promised = self._promised(schema)
        return st.one_of(promised, promised, promised, st.none(), ANY, st.lists(promised, max_size=2))

    def _promised(self, schema: dict[str, Any]) -> Json:
        if reference := schema.get("$ref"):
            return self.of(reference.rpartition("/")[2])
        if "enum" in schema:
            return st.sampled_from([*schema["enum"], *(value.lower() for value in schema["enum"])])
        kind: tuple[Any, Any] = schema.get("type"), schema.get("format")
        if kind[0] == "array":
            items = self._promised(schema["items"])
            return items | st.lists(items | ANY, max_size=3)
        promised: dict[tuple[Any, Any], Json] = {
            ("string", "date-time"): DATES,
            ("string", "uuid"): st.uuids().map(str),
            ("boolean", None): st.booleans(),
            ("integer", "int32"): st.integers(-(2**31), 2**31 - 1),
        }
        return promised.get(kind, st.text(max_size=8) if kind[0] == "string" else ANY)


def _join(known: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    return {**known, **others}
