"""JSON, read and written back as it came: to the digit, and with no name twice."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, Never

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.directory import READ_ONLY, RefusedError
from maia_scim.text import line

DEEPEST = 100
"""How deep a body may nest: what is deeper cannot be walked everywhere."""
_TOO_DEEP = "The body is not JSON that can be read: it nests too deep"
# Stands for a number in a JSON text until its digits do. Random, so that no client's text can hold it.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(f'"{_MARK}([0-9]+)"')


class Number(float):
    """A number whose digits Python would write otherwise, such as ``1.10``, ``1E2`` or ``1e400``."""

    def __new__(cls, text: str) -> Number:
        """Keep the text beside the value."""
        self = super().__new__(cls, text)
        self.text = text
        return self

    text: str

    def __repr__(self) -> str:
        return self.text


def decode(body: bytes) -> Any:
    """Parse JSON.

    Raises:
        RefusedError: when it is not JSON, or an object has two attributes whose names differ in case only.
    """
    try:
        text = body.decode()
        content = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(content, ensure_ascii=False).encode()  # half a character (a surrogate) is no text
    except RecursionError as error:
        raise RefusedError(400, _TOO_DEEP) from error
    except ValueError as error:
        raise RefusedError(400, f"The body is not JSON: {line(str(error))}") from error
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(content) > DEEPEST:
        raise RefusedError(400, _TOO_DEEP)
    return content


def decode_object(body: bytes) -> dict[str, Any]:
    """Parse a body that must be a JSON object.

    Raises:
        RefusedError: when it is not.
    """
    content = decode(body)
    if not is_object(content):
        raise RefusedError(400, "The body must be a JSON object")
    return content


def _depth(content: Any) -> int:
    depth = 0
    level: list[Any] = [content]
    while level := [item for each in level if isinstance(each, dict | list) for item in _children(each)]:
        depth += 1
    return depth


def _children(value: Any) -> list[Any]:
    return list(value.values()) if is_object(value) else value


def encode(content: object) -> bytes:
    """Write JSON.

    Raises:
        TypeError: when something in it has no form in JSON.
        ValueError: likewise for NaN and infinity.
    """
    numbers: list[str] = []
    text = json.dumps(_marked(content, numbers), allow_nan=False)
    if numbers:
        text = _MARKED.sub(lambda found: numbers[int(found[1])], text)
    return text.encode()


_INSIDE = (dict, list, Number)


def _marked(value: Any, numbers: list[str]) -> Any:
    if is_object(value):
        return {key: _marked(item, numbers) if isinstance(item, _INSIDE) else item for key, item in value.items()}
    if is_array(value):
        return [_marked(item, numbers) if isinstance(item, _INSIDE) else item for item in value]
    if isinstance(value, Number):
        numbers.append(value.text)
        return f"{_MARK}{len(numbers) - 1}"
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # RFC 7643 §2.1: attribute names are case-insensitive. What is ignored may come twice.
    lower = [name.lower() for name, _ in pairs]
    if len(set(lower)) < len(lower):
        names = [repr(name) for name, _ in pairs if lower.count(name.lower()) > 1 and name.lower() not in READ_ONLY]
        if names:
            twice = line(" and ".join(names))
            raise RefusedError(400, f"The body has {twice}: these are one attribute, in any case of its letters")
    return dict(pairs)


def _float(text: str) -> float:
    number = float(text)
    return number if repr(number) == text else Number(text)


def _int(text: str) -> float:
    # Python reads no more than 4300 digits, and has no -0.
    return Number(text) if len(text) > 4000 or text == "-0" else int(text)


def _constant(text: str) -> Never:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_constant)
