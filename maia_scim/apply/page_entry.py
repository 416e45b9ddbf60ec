"""A row of a plan as HTML: who, what is to change, and what became of it. All that comes from outside is escaped."""

from __future__ import annotations

import re
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING, Any, Final
from unicodedata import combining

from maia_scim.diff import is_array

from . import show
from .case import only_case
from .words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from maia_scim.diff import Change, Difference

    from .model import Entry, Kind, Result

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST: Final = 2000  # characters of a value; a certificate has more, and nobody reads it
_MOST_ITEMS: Final = 200
_JOINTS: Final = re.compile("(?=@)|(?<=[/:])")

STATES: Final = {
    "change": "to change",
    "unchanged": "unchanged",
    "not_found": "not found",
    "invalid": "invalid",
    "unread": "could not be read",
    "protected": "protected",
    "conflict": "conflict",
}
OUTCOMES: Final = {
    "done": "done",
    "unknown": "unknown",
    "refused": "refused",
    "moved": "changed meanwhile",
    "not_sent": "not sent",
    "untried": "not tried",
}
_MEANING: Final = {
    "done": "",
    "unknown": "Nobody can tell yet whether the change was made: look at the user.",
    "refused": "The service refused the change.",
    "moved": "Somebody else changed the user after the plan was made, so the change was not made.",
    "not_sent": "The change was not sent.",
    "untried": "The run ended before this change.",
}
_NO_ID: Final[dict[Kind, str]] = {"user": "(no id)", "new user": "(no id yet)", "group": "(no id)"}
ALARMING: Final = frozenset(
    {"unknown", "refused", "moved", "not_sent", "untried", "not_found", "invalid", "unread", "conflict"}
)


def flags_of(entry: Entry, *, reported: bool) -> list[str]:
    """What an entry counts as, as the filters call it."""
    flags: list[str] = [entry.state]
    if entry.kept:
        flags.append("kept")
    if show.is_case_only(entry):
        flags.append("case_only")
    if entry.state == "change":
        flags += ["deactivations"] * show.deactivates(entry) + ["renames"] * show.renames(entry)
        if entry.kind == "group":
            flags += ["removals"] * any(each.before for each in entry.changes)
            flags += ["additions"] * any(each.after for each in entry.changes)
        else:
            flags.append("creations" if entry.kind == "new user" else "users")
        if entry.result is not None:
            flags += [entry.result.outcome, *["adjusted"] * bool(entry.result.differences)]
        elif reported:
            flags.append("untried")
    return flags


def line(entry: Entry) -> str:
    """An entry that needs no look."""
    return (
        f'<li data-f="unchanged"><bdi>{breakable(_name(entry))}</bdi> <code>{shown(entry.id)}</code> '
        f"<i>{_place(entry)}</i></li>\n"
    )


def article(entry: Entry, flags: list[str]) -> str:
    """An entry in full."""
    result = entry.result
    short = " short" * (
        sum(len(each.before or ()) + len(each.after or ()) if entry.kind == "group" else 1 for each in entry.changes)
        <= 12
    )
    parts = [
        f'<article class="e{short}" id="n{entry.number}" data-f="{" ".join(flags)}">\n<div class="who">'
        f"<h3 data-t><bdi>{breakable(_name(entry))}</bdi></h3>"
        f'<p class="id"><code data-t>{shown(entry.id or _NO_ID[entry.kind])}</code></p>'
        f'<p class="tags"><span data-t>{_place(entry)}</span> {"".join(_tags(entry, flags))}</p></div>\n'
        '<div class="what">'
    ]
    if entry.note:
        parts.append(f'<p class="note" data-t>{shown(entry.note)}</p>')
    if changes := show.changes_of(entry):
        parts.append(_table("", map(_change, changes)))
    if entry.kept:
        told = "The file wants this too; the service has answered otherwise before, so it is not proposed again:"
        parts.append(_differences(told, entry.kept, "wanted"))
    if result:
        parts += _result(result)
    elif "untried" in flags:
        parts.append(f'<p class="error">{_MEANING["untried"]}</p>')
    parts.append("</div>\n</article>\n")
    return "".join(parts)


def _name(entry: Entry) -> str:
    return entry.name or "(name not known)"


def _place(entry: Entry) -> str:
    return f"row {entry.number}" if entry.line is None else f"line {entry.line}"


def _tags(entry: Entry, flags: list[str]) -> Iterator[str]:
    for flag in flags:
        if flag in OUTCOMES:
            yield _tag("good" if flag == "done" else "alarm", OUTCOMES[flag])
    if entry.state not in ("change", "unchanged"):
        yield _tag("alarm" if entry.state in ALARMING else "", STATES[entry.state])
    if entry.kind != "user":
        yield _tag("", entry.kind)
    if entry.empties:
        yield _tag("loud", "left without members")
    if "deactivations" in flags:
        yield _tag("loud", "deactivation")
    elif show.activates(entry):
        yield _tag("", "activation")
    if "renames" in flags:
        yield _tag("alarm", "rename")
    if "adjusted" in flags:
        yield _tag("", "adjusted by the service")
    if "case_only" in flags:
        yield _tag("", "letter case only")


def _tag(kind: str, label: str) -> str:
    return f'<span class="tag{" " * bool(kind)}{kind}">{label}</span> '


def _table(caption: str, rows: Iterable[str], columns: tuple[str, str] = ("Before", "After")) -> str:
    told = f"<caption>{caption}</caption>" if caption else ""
    one, other = columns
    heads = f'<th scope="col">Attribute</th><th scope="col">{one}</th><th scope="col">{other}</th>'
    return f'<table>{told}<thead class="sr"><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _differences(caption: str, differences: Iterable[Difference], sent: str) -> str:
    kinds = (_labelled(sent), _labelled("answered"))
    rows = (_row(each.path, each.sent, each.answered, kinds) for each in differences)
    return _table(caption, rows, (sent.capitalize(), "Answered"))


def _labelled(label: str) -> _Kind:
    return f'<span class="was"><small>{label}</small> ', "</span>"


def _result(result: Result) -> Iterator[str]:
    # What was not written has its reason, which says as much.
    meaning = _MEANING[result.outcome] if result.outcome == "unknown" or not result.error else ""
    if words := " ".join(filter(None, [meaning, shown(result.error or "")])):
        yield f'<p class="error" data-t>{words}</p>'
    if result.differences:
        yield _differences("The service did not take this as it was sent:", result.differences, "sent")
    trail = [told(result.begun)]
    if result.ended is not None:
        trail[0] += f", took {(result.ended - result.begun).total_seconds():.1f} s"
    if result.status is not None:
        trail.append(f"HTTP {result.status}")
    if result.request_id:
        trail.append(f"request <code data-t>{shown(result.request_id)}</code>")
    trail.append(counted(result.attempts, "attempt"))
    yield f'<p class="trail">{"".join(f"<span>{each}</span> " for each in trail)}</p>'


# Values.

_Kind = tuple[str, str]  # what stands before a value, and after
_CHANGE: Final = (("<del>", "</del>"), ("<ins>", "</ins>"))


def _change(change: Change) -> str:
    remark = "<small>letter case only</small>" if only_case(change) else ""
    return _row(change.path, change.before, change.after, _CHANGE, remark)


def _row(path: str, one: Any, other: Any, kinds: tuple[_Kind, _Kind], remark: str = "") -> str:
    if is_array(one) or is_array(other):
        removed, added, same = show.items(one, other, path)
        remark += f"<small>{counted(len(same), 'other')} as before</small>" if same else ""
        cells = [_many(removed, kinds[0]) or _none("none goes"), _many(added, kinds[1]) or _none("none comes")]
    else:
        told = show.pair(one, other, path)
        start, end = (0, 0) if None in (one, other) else _common(*told)
        cells = [_value(each, kind, start, end) for each, kind in zip(told, kinds, strict=True)]
    if kinds == _CHANGE:
        cells = [_none(show.ABSENT) if value is None else cell for value, cell in zip((one, other), cells, strict=True)]
    first, second = cells
    return f'<tr><th scope="row" data-t>{_path(path)}{remark}</th><td data-t>{first}</td><td data-t>{second}</td></tr>'


def _none(word: str) -> str:
    return f'<span class="none">{word}</span>'


def _many(items: tuple[str, ...], kind: _Kind) -> str:
    told = "".join(_value(item, kind) for item in items[:_MOST_ITEMS])
    more = len(items) - _MOST_ITEMS
    return told + (f'<span class="cut">and {more:,} more; the JSON and the CSV have them</span>' if more > 0 else "")


def _value(text: str, kind: _Kind, start: int = 0, end: int = 0) -> str:
    """A value, with a mark where it differs from the other, and cut where it is very long."""
    begin = start - 100 if len(text) > _LONGEST and start > 200 else 0
    stop = min(len(text), begin + _LONGEST)
    differs = min(len(text) - end, stop)
    middle = escape(text[start:differs])
    if middle and start + end:
        middle = f"<mark>{middle}</mark>"
    told = f"{'…' * (begin > 0)}{escape(text[begin:start])}{middle}{escape(text[differs:stop])}"
    if stop - begin < len(text):
        told += f'… <span class="cut">({len(text):,} characters in all)</span>'
    return f"{kind[0]}<bdi>{told}</bdi>{kind[1]}"


def _common(one: str, other: str) -> tuple[int, int]:
    """How many characters two texts begin and end with in common; none if they have little in common."""
    start = _alike(one, other)
    # An accent stays with its letter.
    while start and any(combining(text[start : start + 1] or " ") for text in (one, other)):
        start -= 1
    end = _alike(one[start:][::-1], other[start:][::-1])
    while end and combining(one[len(one) - end]):
        end -= 1
    return (start, end) if 2 * (start + end) >= min(len(one), len(other)) else (0, 0)


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (sign, that) in pairs if sign != that), min(len(one), len(other)))


def _path(path: str) -> str:
    urn, colon, name = path.rpartition(":")
    return f"{shown(name)}{f' <small>{breakable(urn)}</small>' if colon else ''}"


def shown(value: object) -> str:
    """A text from outside as HTML, for content and attributes alike."""
    return escape(show.visible(str(value)))


def breakable(value: object) -> str:
    """The same, of names and addresses: a line of them breaks at their joints first."""
    return _JOINTS.sub("<wbr>", shown(value))


def iso(moment: datetime) -> str:
    """A moment for machines."""
    return _utc(moment).isoformat(timespec="seconds").replace("+00:00", "Z")


def told(moment: datetime) -> str:
    """A moment for people, the same in every language of the machine."""
    utc = _utc(moment)
    text = f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M:%S} UTC"
    return f'<time datetime="{iso(moment)}">{text}</time>'


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
