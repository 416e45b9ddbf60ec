"""What a plan does, in words that the terminal, its questions and the page share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import About, Summary, Verb

_PLANS: Final[dict[Verb, str]] = {
    "apply": "Plan to apply",
    "undo": "Plan to undo",
    "groups sync": "Plan to sync groups",
    "users rename": "Plan to rename users",
    "users set": "Plan to set attributes of users",
    "offboard": "Plan to offboard users",
}
_REPORTS: Final[dict[Verb, str]] = {
    "apply": "Report of applying",
    "undo": "Report of undoing",
    "groups sync": "Report of syncing groups",
    "users rename": "Report of renaming users",
    "users set": "Report of setting attributes of users",
    "offboard": "Report of offboarding users",
}


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def kind_of(about: About, *, reported: bool) -> str:
    """What a page is, by what made its plan."""
    return (_REPORTS if reported else _PLANS)[about.kind]


def file_of(about: About) -> str:
    """What to call the file of a plan; ``""`` where there is none."""
    return "standard input" if about.file == "-" else about.file


def to_do(summary: Summary, groups: int) -> Iterator[str]:
    """What a plan has to do, kind by kind.

    Args:
        summary: How many there are of each kind.
        groups: How many groups it changes.
    """
    changes = summary.users - summary.creations
    off = f", {summary.deactivations:,} of them deactivated" if summary.deactivations else ""
    if changes or not summary.change:
        yield f"{counted(changes, 'user')} to change{off}"
    if summary.creations:
        yield f"{counted(summary.creations, 'user')} to create"
    if groups:
        yield _members(summary, groups)


def _members(summary: Summary, groups: int) -> str:
    come, go = summary.additions, summary.removals
    whose = counted(groups, "group")
    if come and go:
        return f"{counted(come, 'member')} to add to and {go:,} to remove from {whose}"
    return f"{counted(go, 'member')} to remove from {whose}" if go else f"{counted(come, 'member')} to add to {whose}"


def question(about: About, summary: Summary, left: int, groups: int) -> str:
    """What to ask before a plan is written, without a question mark.

    Args:
        about: What the plan is about.
        summary: How many there are of each kind.
        left: How many writes are left.
        groups: How many groups it changes.
    """
    if left != summary.change:  # a run that was cut short: what is left of each kind was not counted
        return f"Go on with {'the change that is' if left == 1 else f'the {left:,} changes that are'} left"
    changes = summary.users - summary.creations
    parts: list[str] = []
    if changes:
        undoes = about.kind == "undo"
        off = f", deactivate {summary.deactivations:,} of them" if summary.deactivations else ""
        parts.append(f"{'undo the changes of' if undoes else 'change'} {counted(changes, 'user')}{off}")
    if summary.creations:
        parts.append(f"create {counted(summary.creations, 'user')}")
    if groups:
        come, go = summary.additions, summary.removals
        told = [f"add {counted(come, 'member')}"] if come else []
        told += [f"remove {go:,}" if come else f"remove {counted(go, 'member')}"] if go else []
        parts.append(f"{' and '.join(told)} in {counted(groups, 'group')}")
    whole = ", and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return whole[:1].upper() + whole[1:]
