"""Reading and writing YAML and JSON as plain JSON data."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

if TYPE_CHECKING:
    from collections.abc import Iterable

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


class DocumentError(ValueError):
    """A text is not the YAML or JSON it should be; the message says where."""


class _JsonConstructor(SafeConstructor):
    """YAML without timestamps: OpenAPI is JSON, and JSON has no dates."""


# ruamel.yaml has no types to speak of.
_constructor: Any = _JsonConstructor
_constructor.add_constructor("tag:yaml.org,2002:timestamp", _constructor.construct_yaml_str)


def _yaml() -> Any:
    return YAML(typ="safe", pure=True)


def load(text: str) -> Any:
    """Read YAML or JSON into plain JSON data that shares nothing.

    Args:
        text: The document.

    Returns:
        Dicts with text keys, lists, text, numbers, booleans and None.

    Raises:
        DocumentError: If it is no YAML, repeats a key, or holds what JSON cannot say.
    """
    yaml = _yaml()
    yaml.Constructor = _JsonConstructor
    try:
        return _plain(yaml.load(text), "")
    except MarkedYAMLError as error:
        marked: Any = error
        mark = marked.problem_mark or marked.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DocumentError(f"{place}{marked.problem or marked.context}") from error
    except YAMLError as error:
        raise DocumentError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise DocumentError("an alias refers to the node that holds it") from error


def _plain(value: Any, pointer: str) -> Any:
    if is_object(value):
        return {_key(key, pointer): _plain(item, join(pointer, key)) for key, item in value.items()}
    if is_array(value):
        return [_plain(item, join(pointer, index)) for index, item in enumerate(value)]
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise DocumentError(f"{pointer or '/'} holds {value!r}, which JSON cannot say")


def _key(key: object, pointer: str) -> str:
    # A status code that is not quoted is a number in YAML and a name in OpenAPI.
    if isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)):
        return str(key)
    raise DocumentError(f"{pointer or '/'} has the key {key!r}, which is no text")


def dump(data: Any) -> str:
    """Write plain JSON data as YAML in the vendor's own layout."""
    yaml = _yaml()
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 1_000_000
    yaml.sort_base_mapping_type_on_output = False
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def to_json(data: Any) -> str:
    """Write plain JSON data as JSON, with a line end."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def join(pointer: str, key: object) -> str:
    """One step down a JSON pointer (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def pointer_to(keys: Iterable[object]) -> str:
    """The JSON pointer to a list of keys and indexes."""
    pointer = ""
    for key in keys:
        pointer = join(pointer, key)
    return pointer
