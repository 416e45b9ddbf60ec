"""What the sandbox has received, and what a test asserts of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast, overload
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Self, SupportsIndex

WRITES = ("POST", "PUT", "PATCH", "DELETE")
REDACTED = "[redacted]"
__tracebackhide__ = True  # pytest shows the line of the test that fails, none of this module


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the API received, kept for assertions. Its repr shows no header and no body.

    Attributes:
        request_id: the ``X-Request-Id`` that the answer carried.
        method: the HTTP method.
        path: the path as it was sent, percent-encoded.
        headers: the header fields by lower-case name, the value of ``authorization`` redacted.
        body: the bytes of the body.
    """

    request_id: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def id(self) -> str | None:
        """The identifier in the path, decoded; ``None`` in that of a collection."""
        collection, _, identifier = self.path.rpartition("/scim/v2/")[2].partition("/")
        return unquote(identifier) if collection and identifier else None

    @property
    def if_match(self) -> str | None:
        """The ``If-Match`` header, ``None`` without one."""
        return self.headers.get("if-match")

    @property
    def json(self) -> Any:
        """The body parsed as JSON, ``None`` without a body.

        Raises:
            ValueError: when the body is not JSON.
        """
        return json.loads(self.body) if self.body else None


class Requests(list[RecordedRequest]):
    """Requests in the order they came, and assertions about them.

    Each assertion keeps the requests that fit and returns them, so that they chain; it fails when none is left.

        sandbox.requests.assert_put(user.id).with_if_match().with_json(title="Data Engineer").once()
    """

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice, /) -> Self: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> RecordedRequest | Self:
        if isinstance(index, slice):
            return type(self)(super().__getitem__(index))  # so that there are assertions about a part, too
        return super().__getitem__(index)

    def assert_get(self, id: str) -> Self:
        """Keep the GET requests of one user or group.

        Raises:
            AssertionError: when there is none.
        """
        return self._sent("GET", id)

    def assert_put(self, id: str) -> Self:
        """Keep the PUT requests of one user or group: `replace` and `edit`.

        Raises:
            AssertionError: when there is none.
        """
        return self._sent("PUT", id)

    def assert_patch(self, id: str) -> Self:
        """Keep the PATCH requests of one user or group.

        Raises:
            AssertionError: when there is none.
        """
        return self._sent("PATCH", id)

    def assert_post(self) -> Self:
        """Keep the POST requests: `create`.

        Raises:
            AssertionError: when there is none.
        """
        return self._kept("POST", lambda request: request.method == "POST")

    def with_if_match(self, version: str | None = None) -> Self:
        """Keep the requests with an ``If-Match`` header, of one version or of any.

        Args:
            version: the version, e.g. ``W/"1"``.

        Raises:
            AssertionError: when there is none.
        """
        if version is None:
            return self._kept("with If-Match", lambda request: request.if_match is not None)
        return self._kept(f"with If-Match: {version}", lambda request: request.if_match == version)

    def without_if_match(self) -> Self:
        """Keep the requests without an ``If-Match`` header.

        Raises:
            AssertionError: when there is none.
        """
        return self._kept("without If-Match", lambda request: request.if_match is None)

    def with_header(self, name: str, value: str | None = None) -> Self:
        """Keep the requests with a header, whatever the case of its name.

        Args:
            name: the header's name.
            value: its value; any by default. That of ``Authorization`` is not kept.

        Raises:
            AssertionError: when there is none.
        """
        key = name.lower()
        wanted = f"with {name}" if value is None else f"with {name}: {value}"
        return self._kept(wanted, lambda request: key in request.headers and value in (None, request.headers[key]))

    def with_json(self, content: Mapping[str, Any] | None = None, /, **attributes: Any) -> Self:
        """Keep the requests whose body has these attributes with these values, whatever else it has.

        Args:
            content: attributes whose names are no Python names, such as the URN of an extension.
            attributes: attributes by their JSON names.

        Raises:
            AssertionError: when there is none.
        """
        wanted = {**(content or {}), **attributes}
        return self._kept(f"with {_spelled(wanted)}", lambda request: _holds(request, wanted), wanted)

    def times(self, count: int) -> Self:
        """Return these requests when there are so many.

        Raises:
            AssertionError: when there are more or fewer.
        """
        if len(self) != count:
            raise AssertionError(f"{count} wanted, {self.told()}")
        return self

    def once(self) -> RecordedRequest:
        """Return the one request there is.

        Raises:
            AssertionError: when there are more or none.
        """
        return self.times(1)[0]

    def assert_no_writes(self, id: str | None = None) -> None:
        """Fail when anything but GET came.

        Args:
            id: the user or group that must not have been written; any by default.

        Raises:
            AssertionError: naming what came.
        """
        written = type(self)(each for each in self if each.method in WRITES and id in (None, each.id))
        if written:
            raise AssertionError(f"No write{'' if id is None else f' of {id}'} wanted, {written.told()}")

    def told(self, attributes: Collection[str] = ()) -> str:
        """Return the requests as text, a line each.

        Args:
            attributes: what to show of their bodies, which may hold passwords: these are never shown.
        """
        if not self:
            return "there is no request"
        lines = (
            f"  {request.request_id} {request.method} {request.path.rpartition('/scim/v2')[2]}"
            + (f"  If-Match: {request.if_match}" if request.if_match else "")
            + (f"  {_excerpt(request, attributes)}" if attributes else "")
            for request in self
        )
        return "\n".join([f"there {'is 1 request' if len(self) == 1 else f'are {len(self)} requests'}:", *lines])

    def _sent(self, method: str, identifier: str) -> Self:
        return self._kept(
            f"{method} of {identifier}", lambda request: request.method == method and request.id == identifier
        )

    def _kept(self, wanted: str, fits: Callable[[RecordedRequest], bool], attributes: Collection[str] = ()) -> Self:
        kept = type(self)(filter(fits, self))
        if not kept:
            raise AssertionError(f"No request {wanted}: {self.told(attributes)}")
        return kept


def _content(request: RecordedRequest) -> dict[str, Any] | None:
    """Return the body, ``None`` when it is no JSON object."""
    try:
        content = request.json
    except ValueError:
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def _holds(request: RecordedRequest, wanted: Mapping[str, Any]) -> bool:
    content = _content(request)
    return content is not None and all(name in content and content[name] == wanted[name] for name in wanted)


def _excerpt(request: RecordedRequest, attributes: Collection[str]) -> str:
    content = _content(request)
    if content is None:
        return "no JSON object"
    return _spelled({name: content[name] for name in attributes if name in content})


def _spelled(content: Mapping[str, Any]) -> str:
    return json.dumps(_redacted(content), ensure_ascii=False, default=str)


def _redacted(content: object) -> object:
    """Return JSON without passwords, those in PATCH operations neither."""
    if isinstance(content, Mapping):
        held = {str(name): value for name, value in cast("Mapping[object, object]", content).items()}
        hidden = {name for name in held if name.lower().endswith("password")}
        if any(name.lower() == "path" and str(held[name]).lower().endswith("password") for name in held):
            hidden.update(name for name in held if name.lower() == "value")
        return {name: REDACTED if name in hidden else _redacted(value) for name, value in held.items()}
    if isinstance(content, list | tuple):
        return [_redacted(each) for each in cast("list[object]", content)]
    return content
