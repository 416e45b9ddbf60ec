"""What every personality of the sandbox is: users and groups behind the operations of SCIM."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, cast

from maia_scim.diff import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from maia_scim.sandbox.exchange import Answer

COLLECTIONS = {"users": "User", "groups": "Group"}
REQUIRED = {"User": "userName", "Group": "displayName"}
REFERENCES = ("$ref", "ref", "location")
DATES = ("created", "lastModified")
READ_ONLY = frozenset({"id", "meta", "groups"})
"""What a client may send back and the service sets itself."""


class State(TypedDict):
    """Users and groups as JSON: what a seed file holds, and what `Sandbox.dump` gives."""

    users: list[dict[str, Any]]
    groups: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """One operation, asked for with a valid token.

    Attributes:
        method: the HTTP method.
        collection: ``Users`` or ``Groups``.
        id: the identifier in the path, decoded; ``None`` for the collection.
        headers: the header fields by lower-case name.
        body: the bytes of the body.
    """

    method: str
    collection: str
    id: str | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class RefusedError(Exception):
    """The directory did not do what it was asked.

    Attributes:
        status: the HTTP status.
        detail: why.
        violations: each thing that is wrong with the body.
    """

    def __init__(self, status: int, detail: str, violations: Iterable[str] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.violations = status, detail, [*violations]


class Directory(Protocol):
    """Users and groups. Its methods are called from many threads at once.

    Attributes:
        base_url: the URL that locations start with, without a slash at its end.
    """

    base_url: str

    def load(self, state: State) -> None:
        """Replace all users and groups. They may bring ``id`` and ``meta``.

        Raises:
            ValueError: when one of them cannot be had, naming which and why; then nothing is replaced.
        """
        ...

    def dump(self) -> State:
        """Return the users and groups as they would be answered: a copy."""
        ...

    def perform(self, call: Call) -> Answer:
        """Do one operation.

        Raises:
            RefusedError: when it is not done.
        """
        ...


class Seeding:
    """The resources of a state, one by one, none of whose names may be taken twice."""

    def __init__(self, state: State) -> None:
        self._state = cast("Mapping[str, list[object]]", state)
        self._taken: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[str, str, object]]:
        """Give where each resource stands, its kind, and its JSON."""
        for collection, kind in COLLECTIONS.items():
            for position, content in enumerate(self._state[collection]):
                yield f"{collection}[{position}]", kind, content

    def claim(self, where: str, name: str) -> None:
        """Take a name for the resource that stands there.

        Raises:
            ValueError: when it is taken, naming by whom.
        """
        if name in self._taken:
            raise ValueError(f"{where}: {name} is taken by {self._taken[name]}")
        self._taken[name] = where


def portable(state: State, base_url: str) -> State:
    """Return users and groups that any personality at any address may load.

    References are relative (RFC 7643 §2.3.7), and dates are text.

    Args:
        state: users and groups as they are answered.
        base_url: the URL that their references start with.
    """
    return cast("State", _relative(state, f"{base_url}/"))


def _relative(value: Any, base: str) -> Any:
    if is_array(value):
        return [_relative(item, base) for item in value]
    if not is_object(value):
        return value
    content: dict[str, Any] = {}
    for name, item in value.items():
        if name in REFERENCES and isinstance(item, str):
            content[name] = item.removeprefix(base)
        elif name in DATES and is_array(item):
            content[name] = _date(item)
        else:
            content[name] = _relative(item, base)
    return content


def _date(parts: list[Any]) -> Any:
    """Return the text of a date that is an array of numbers, down to nanoseconds."""
    try:
        numbers = [*parts[:6], *(part // 1000 for part in parts[6:7])]
        moment = datetime(*numbers).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return parts
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
