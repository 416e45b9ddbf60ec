"""Guard rails: what keeps a plan from doing more than was meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array, is_object
from maia_scim.resources import named
from maia_scim.text import fold

from .errors import ApplyError
from .words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from maia_scim.files import AnyPath

    from .model import Entry, Summary

Protected = frozenset[str]


def reasons(
    summary: Summary,
    max_changes: int | str | None,
    max_deactivations: int | str | None,
    max_removals: int | str | None = None,
) -> list[str]:
    """Tell what a plan would do that is too much.

    Args:
        summary: The plan's.
        max_changes: How many users may be changed or created, and how many members may come and go: a number, or such
            as ``"10%"`` of the rows, or of the users who were looked at, and of the members that the groups have.
        max_deactivations: How many users may be deactivated: a number, or a share of the same.
        max_removals: How many members may go: a number, or a share of the members that the groups have.

    Raises:
        ValueError: If a bound is neither.
    """
    moved = summary.additions + summary.removals
    changed = " and ".join(
        told
        for told, count in (
            (f"change {counted(summary.users, 'user')}", summary.users or not moved),
            (f"add or remove {counted(moved, 'member')}", moved),
        )
        if count
    )
    # A write of members is no row: what it changes are members.
    own = summary.rows - summary.groups + summary.passed
    rows = "users" if summary.passed else "rows"
    of = " and ".join(word for word, count in ((rows, own or not moved), ("members", moved)) if count)
    whole = (own + summary.members, of)
    found: list[str] = []
    for count, what, (base, of), bound in (
        (summary.users + moved, changed, whole, max_changes),
        (summary.deactivations, f"deactivate {counted(summary.deactivations, 'user')}", whole, max_deactivations),
        (
            summary.removals,
            f"remove {counted(summary.removals, 'member')}",
            (summary.members, "members"),
            max_removals,
        ),
    ):
        if bound is not None and count > (most := at_most(bound, base)):
            share = f" ({bound} of {base:,} {of})" if str(bound).endswith("%") else ""
            found.append(f"it would {what}, and at most {most:,}{share} may be")
    return found


def left_empty(entries: Iterable[Entry], allowed: Collection[str]) -> Iterator[Entry]:
    """The groups that a plan would leave without members, but for those that may be.

    Args:
        entries: The plan's.
        allowed: Groups that may be, by id or name.
    """
    known = {each.strip().casefold() for each in allowed}
    for entry in entries:
        if entry.empties and known.isdisjoint({entry.id.casefold(), (entry.name or "").strip().casefold()}):
            yield entry


def touched(entries: Iterable[Entry], protected: Protected) -> list[str]:
    """Tell of protected accounts that a plan would deactivate or rename, or remove from a group.

    Of members it is known what a plan has: their ids, and what the group displays.
    """
    found: list[str] = []
    for entry in entries:
        if entry.kind == "group":
            gone = [each for change in entry.changes for each in change.before or ()]
            names = [(each.get("display") or each["value"], each) for each in gone]
            found += [
                f"it would remove {name} from {entry.name or entry.id}, which is protected"
                for name, each in names
                if not protected.isdisjoint({fold(each["value"]), fold(name)})
            ]
        if entry.kind != "user":
            continue
        paths = {change.path.lower(): change.after for change in entry.changes}
        off = "active" in paths and is_false(paths["active"])
        what = "deactivate" if off else "rename" if "username" in paths else None
        if what and protects(protected, entry.id, entry.before or {}):
            found.append(f"it would {what} {entry.name or entry.id}, which is protected")
    return found


def is_false(value: Any) -> bool:
    """Whether a value is false, as some services have it in text, too."""
    return value is False or (isinstance(value, str) and value.lower() == "false")


def at_most(bound: int | str, rows: int) -> int:
    """The number that a bound is.

    Raises:
        ValueError: If it is neither a number from 0 nor a percentage up to 100%.
    """
    text = str(bound).strip()
    share = text.endswith("%")
    number = re.fullmatch(r"\d{1,9}(\.\d{1,9})?" if share else r"\d{1,9}", text.removesuffix("%").strip(), re.ASCII)
    if number is None or (share and float(number[0]) > 100):
        raise ValueError(f"{text!r} is no bound: it must be a whole number, or a percentage such as 10%")
    return int(rows * float(number[0]) / 100) if share else int(number[0])


def read_protected(file: AnyPath) -> Protected:
    """Read whom to protect: an id, a ``userName`` or an address a line.

    A # at the beginning or after a blank begins a comment; within a name (``babs_example.com#EXT#``) it is none.

    Raises:
        ApplyError: If it cannot be read, or names nobody.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ApplyError(f"{file}: {why}; nothing was sent") from error
    protected = frozenset(name for text in lines if (name := fold(re.split(r"(?:^|\s)#", text)[0].strip())))
    if not protected:
        raise ApplyError(f"{file} names nobody to protect: it takes an id, a userName or an address a line")
    return protected


def protects(protected: Protected, id: str, user: Mapping[str, Any]) -> bool:
    """Whether an account is one of those: by its id, its ``userName`` or one of its addresses."""
    if not protected:
        return False
    own = {fold(id)}
    name = user.get(named(dict(user), "userName") or "")
    emails = user.get(named(dict(user), "emails") or "")
    own.update(fold(value) for value in (name, *addresses(emails)) if isinstance(value, str))
    return not protected.isdisjoint(own)


def addresses(emails: Any) -> list[Any]:
    """The values of an array of addresses, which some services have as plain texts."""
    items: list[Any] = emails if is_array(emails) else []
    return [item.get(named(item, "value") or "value") if is_object(item) else item for item in items]
