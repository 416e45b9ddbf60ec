"""Reading the answers of the service: content type and bytes are looked at before JSON is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

T = TypeVar("T")

NO_JSON: Final = object()


def json_of(response: httpx.Response) -> Any:
    """The JSON of an answer, whatever its content type calls it; ``NO_JSON`` when it is none.

    HTML and XML are not tried. Bytes that are no UTF, numbers that Python refuses and nesting beyond its stack are
    no JSON either.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.endswith(("html", "xml")):
        return NO_JSON
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return NO_JSON


def answer(response: httpx.Response, read: Callable[[Any], T | None]) -> T | None:
    """The body of an answer as its promised type; None when it is not JSON or of another type."""
    value = json_of(response)
    return None if value is NO_JSON else read(value)
