"""Names where a command asks for ids: the index tells whose they are, and nothing is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.cli.exits import Wrong
from maia_scim.cli.output import say, warn
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from maia_scim.cli.connection import Connection
    from maia_scim.index import Found, Index
    from maia_scim.index.model import Kind

_STEPS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class Names:
    """What a command was given, as ids.

    Args:
        connection: Which account it is about.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, Found] = {}  # those that were found by a name, by id

    def ids(self, given: Iterable[str], kind: Kind, *, write: bool = False) -> list[str]:
        """Take ids as they are, and names as the ids that the index knows them by, which is told.

        Args:
            given: Ids and names.
            kind: What they are to be of.
            write: Whether to write there. Then each that was named is read first, and must still have that name.

        Raises:
            Wrong: If there is no index, or it is out of date. Nothing was written.
            IndexFault: If nobody of a name is known, or several.
        """
        texts = [*given]
        index = self._index(texts)
        if index is None:
            return texts
        found = [self._find(index, text, kind) if index.is_name(text) else None for text in texts]
        for each in filter(None, found):
            say(plain(told(each)))
            if write:
                self._check(each)
        return [each.id if each else text for each, text in zip(found, texts, strict=True)]

    def tell_stale(self, read: Mapping[str, Mapping[str, Any]]) -> None:
        """Warn of those that were read by a name that they have no more.

        Args:
            read: JSON of what was read, by id.
        """
        from maia_scim.index.notes import is_still

        for id, resource in read.items():
            found = self._found.get(id)
            if found and not is_still(found, resource):
                warn(f"the index was out of date: {_not_any_more(found)}")

    def _index(self, texts: list[str]) -> Index | None:
        from maia_scim.index.errors import IndexRefused

        name = next((text for text in texts if "@" in text), None)
        try:
            index = self._connection.index
        except IndexRefused:
            if name is not None:
                raise
            return None
        if index is None and name is not None:
            raise Wrong(
                f"{name} is no id, and the service has no search. An index finds those who were seen before; there is "
                "none yet, and `maia-scim index add` makes it: `maia-scim index add ID…`, or `maia-scim index add "
                "--group ID` for all who are in a group"
            )
        return index

    def _find(self, index: Index, text: str, kind: Kind) -> Found:
        found = index.find(text, kind)
        if kind == "user" and found.by == "displayName":
            raise Wrong(
                f"{text} is what {found.name} ({found.id}) is shown as, and others may be, too: give the userName, an "
                "address or the id"
            )
        self._found[found.id] = found
        return found

    def _check(self, found: Found) -> None:
        """Refuse to write to one that has not the name any more.

        Raises:
            Wrong: If so.
        """
        from maia_scim.errors import NotFound
        from maia_scim.index.notes import is_still

        with self._connection.client() as maia:
            resources: Any = maia.users if found.kind == "user" else maia.groups
            try:
                held = resources.get(found.id)
            except NotFound as error:
                raise Wrong(
                    f"the index is out of date: {found.said} was {found.id}, and the service knows no such "
                    f"{found.kind} any more; nothing was written"
                ) from error
        if not is_still(found, held):
            raise Wrong(f"the index was out of date: {_not_any_more(found)}; nothing was written")


def told(found: Found) -> str:
    """Whom a name means, in a line."""
    other = f" ({found.name})" if found.name not in (found.said, found.id) else ""
    by = f", by its {found.by}" if found.by in ("externalId", "displayName") and found.kind == "user" else ""
    form = ", though the directory spells it in another Unicode form" if found.form_differs else ""
    return f"{found.said} is {found.id}{other}{by}{form}, seen {age(found.seen)}"


def age(when: datetime) -> str:
    """How long ago that was."""
    from maia_scim.index import notes

    seconds = (notes.now() - when).total_seconds()
    for length, unit in _STEPS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count:,} {unit}{'s' * (count != 1)} ago"
    return "just now"


def _not_any_more(found: Found) -> str:
    now_other = f"that {found.kind} has not this {found.by} any more"
    return f"{found.said} was {found.id}, seen {age(found.seen)}, and {now_other}"
