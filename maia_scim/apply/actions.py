"""The table of actions: a line for each value that is set, each member who comes or goes, each value of a new user.

It is the same of a plan, of what became of it, and of an undo; and a file of it can be applied in its turn.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from . import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from .columns import Target
    from .model import Entry

Verb = Literal["set", "create", "add", "remove", "none"]

COLUMNS: Final = ("action", "kind", "id", "userName", "target", "before", "after", "message")
# What a spreadsheet takes for a formula, in whatever width, behind the signs that it skips; and what would be taken
# for a text that was defused.
_FORMULA: Final = re.compile(r"'*[\s\x00-\x20\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")


@dataclass(frozen=True, slots=True)
class Action:
    """A line of the table.

    Attributes:
        action: ``set`` an attribute of a user, ``create`` one with it, ``add`` a user to a group or ``remove`` it; or
            ``none``, where there is nothing to do, or something to tell.
        kind: What is changed: a ``user``, or a ``group``.
        id: The user's id.
        user_name: The user's ``userName``; of a member what the group displays.
        target: The attribute, by its path; or the group, by its id.
        before: The value that is there; of a member who goes, what the group is called.
        after: The value that is to be there; of a member who comes, what the group is called.
        message: What became of it, and why; or what to look at.
        answered: What the service has instead, once it was written; ``"null"`` where it has nothing.
    """

    action: Verb
    kind: Literal["user", "group"]
    id: str
    user_name: str | None
    target: str
    before: Any = None
    after: Any = None
    message: str = ""
    answered: Any = None

    @property
    def cells(self) -> tuple[Any, ...]:
        """What it has for each of the columns."""
        untyped = self.kind == "user" and ":" in self.target
        before, after = (
            _quoted(each) if untyped and isinstance(each, str) else each for each in (self.before, self.after)
        )
        return (self.action, self.kind, self.id, self.user_name, self.target, before, after, self.message)


def actions_of(entry: Entry) -> Iterator[Action]:
    """The actions of an entry; one that does nothing, if there is none.

    Args:
        entry: The entry of a plan.
    """
    found = [*(_of_group(entry) if entry.kind == "group" else _of_user(entry))]
    if found:
        yield from found
    elif entry.kind == "group":
        yield Action("none", "group", "", None, entry.id, message=_message(entry))
    else:
        yield Action("none", "user", entry.id, entry.name, "", message=_message(entry))


def _of_user(entry: Entry) -> Iterator[Action]:
    answered = {each.path.lower(): each for each in (entry.result.differences if entry.result else ())}
    action: Verb = "none" if entry.state != "change" else "create" if entry.kind == "new user" else "set"
    for change in show.changes_of(entry):
        path, other = change.path, answered.pop(change.path.lower(), None)
        values = (show.safe(change.before, path), show.safe(change.after, path))
        told = None if other is None else _answer(other.answered, path)
        yield Action(action, "user", entry.id, entry.name, path, *values, _message(entry), told)
    for message, differences in (("answered otherwise", answered.values()), ("kept otherwise", entry.kept)):
        for each in differences:
            sent, told = show.safe(each.sent, each.path), _answer(each.answered, each.path)
            yield Action("none", "user", entry.id, entry.name, each.path, None, sent, message, told)


def _answer(value: Any, path: str) -> Any:
    return "null" if value is None else show.safe(value, path)


def _of_group(entry: Entry) -> Iterator[Action]:
    name, message = entry.name or entry.id, _message(entry)
    moves: tuple[tuple[Verb, str, str | None, str | None], ...] = (
        ("remove", "before", name, None),
        ("add", "after", None, name),
    )
    for change in entry.changes:
        for verb, side, before, after in moves:
            does: Verb = verb if entry.state == "change" else "none"
            for each in getattr(change, side) or ():
                who = each.get("value") or "", each.get("display")
                yield Action(does, "group", *who, entry.id, before, after, message)


def _message(entry: Entry) -> str:
    """What became of an entry, in a word, and why."""
    result = entry.result
    word = (result.outcome if result else "") if entry.state == "change" else entry.state
    why = (result.error if result else None) or entry.note
    return ": ".join(each.replace("_", " ") if each is word else each for each in (word, why) if each)


# CSV.


def write_table(out: TextIO, lines: Iterable[tuple[Action, tuple[Any, ...]]], more: tuple[str, ...] = ()) -> None:
    """Write actions as CSV, with a byte order mark, so that Excel reads it as UTF-8.

    A text is as it is, another value is JSON. So is a text of an attribute without a type, if it reads as JSON. A text
    that a spreadsheet would take for a formula stands behind an apostrophe; so does one that begins with an apostrophe
    before such.

    Args:
        out: Where to; in UTF-8, with ``newline=""``.
        lines: The actions, each with what it has in further columns.
        more: The further columns.
    """
    out.write("\ufeff")
    rows = csv.writer(out)
    rows.writerow((*COLUMNS, *more))
    for action, rest in lines:
        rows.writerow([*map(_cell, (*action.cells, *rest))])


def _cell(value: Any) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a character, which UTF-8 cannot write
    return f"'{text}" if _FORMULA.match(text) else text


def _quoted(text: str) -> str:
    """A text so that it does not read as another value."""
    return text if _parsed(text) is None else json.dumps(text, ensure_ascii=False)


def value_of(cell: Any, target: Target) -> Any:
    """Read a cell of the table, as ``coerce`` takes it.

    Args:
        cell: A text of a CSV file, or a JSON value.
        target: The attribute.

    Returns:
        The value; None of an empty cell.
    """
    if not isinstance(cell, str):
        return cell
    text = cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
    if target.kind in (list, object):
        found = _parsed(text)
        return found[0] if found else text or None
    return text or None


def _parsed(text: str) -> tuple[Any] | None:
    """What a text is as JSON, in a tuple; None if it is none."""
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


__all__ = ["COLUMNS", "Action", "actions_of", "value_of", "write_table"]
