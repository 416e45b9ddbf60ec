"""What the sandbox has received, and what a test asserts of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

WRITES = ("POST", "PUT", "PATCH", "DELETE")


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

    Each assertion keeps the requests that fit and returns them, so that they chain; it fails when none is left. ::

        sandbox.requests.assert_put(user.id).with_if_match().with_json(title="Data Engineer").once()
    """

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
        return self._kept(f"with {_spelled(wanted)}", lambda request: _holds(request, wanted))

    def times(self, count: int) -> Self:
        """Return these requests when there are so many.

        Raises:
            AssertionError: when there are more or fewer.
        """
        __tracebackhide__ = True
        if len(self) != count:
            raise AssertionError(f"{count} wanted, {self.told()}")
        return self

    def once(self) -> RecordedRequest:
        """Return the one request there is.

        Raises:
            AssertionError: when there are more or none.
        """
        __tracebackhide__ = True
        return self.times(1)[0]

    def assert_no_writes(self) -> None:
        """Fail when anything but GET came.

        Raises:
            AssertionError: naming what came.
        """
        __tracebackhide__ = True
        written = type(self)(request for request in self if request.method in WRITES)
        if written:
            raise AssertionError(f"No write wanted, {written.told()}")

    def told(self) -> str:
        """Return the requests as text, a line each, without their bodies: these may hold passwords."""
        if not self:
            return "there is no request"
        lines = (
            f"  {request.request_id} {request.method} {request.path.rpartition('/scim/v2')[2]}"
            + (f"  If-Match: {request.if_match}" if request.if_match else "")
            for request in self
        )
        return "\n".join([f"there {'is 1 request' if len(self) == 1 else f'are {len(self)} requests'}:", *lines])

    def _sent(self, method: str, identifier: str) -> Self:
        __tracebackhide__ = True
        return self._kept(
            f"{method} of {identifier}", lambda request: request.method == method and request.id == identifier
        )

    def _kept(self, wanted: str, fits: Callable[[RecordedRequest], bool]) -> Self:
        __tracebackhide__ = True  # pytest shows the line of the test, not this one
        kept = type(self)(filter(fits, self))
        if not kept:
            raise AssertionError(f"No request {wanted}: {self.told()}")
        return kept


def _holds(request: RecordedRequest, wanted: Mapping[str, Any]) -> bool:
    try:
        content = request.json
    except ValueError:
        return False
    if not isinstance(content, dict):
        return False
    held = cast("dict[str, Any]", content)
    return all(name in held and held[name] == value for name, value in wanted.items())


def _spelled(wanted: Mapping[str, Any]) -> str:
    shown = {name: "[redacted]" if name.lower() == "password" else value for name, value in wanted.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)
