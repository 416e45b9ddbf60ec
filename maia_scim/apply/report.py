"""A plan, or what became of it, as a file for tickets and audits: JSON, CSV or HTML, in which no password stands."""

from __future__ import annotations

import json
import os
from datetime import UTC
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from maia_scim.files import replacing

from . import show
from .actions import actions_of, write_table
from .page import write_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from dataclasses import Field
    from datetime import datetime
    from typing import TextIO

    from maia_scim.diff import Difference

    from .actions import Action
    from .model import About, Entry, Result, Summary

Format = Literal["json", "csv", "html"]

_VERSION: Final = 1  # of the JSON
# What the CSV has behind the columns of the table of actions.
_MORE: Final = (
    "state",
    "outcome",
    "answered",
    "status",
    "request_id",
    "attempts",
    "begun",
    "ended",
    "number",
    "line",
    "plan",
    "service",
    "account",
    "file",
    "planned",
)


def write_report(
    out: TextIO,
    format: Format,
    about: About,
    summary: Summary,
    entries: Iterable[Entry],
    *,
    warnings: Iterable[str] = (),
) -> None:
    """Write a report, entry by entry.

    - ``json``: one object: ``about``, ``summary``, ``warnings``, and ``entries`` with their changes and results. Users
      as a whole are not in it, nor the records of the file: the journal has them.
    - ``csv``: the table of actions, as of ``actions``, with what became of each. It can be applied as a file.
    - ``html``: the page for whoever approves.

    Args:
        out: Where to; in UTF-8, with ``newline=""``.
        format: Which.
        about: What the plan is about.
        summary: How many entries there are of each kind.
        entries: The entries; they are gone through once.
        warnings: What whoever reads it should know first; no CSV has them.

    Raises:
        ValueError: If there is no such format.
    """
    if format == "json":
        _write_json(out, about, summary, entries, warnings)
    elif format == "csv":
        _write_csv(out, about, entries)
    elif format == "html":
        write_page(out, about, summary, entries, warnings=warnings)
    else:
        raise ValueError(f"there is no report {format!r}: take one of {', '.join(get_args(Format))}")


def format_of(path: str | os.PathLike[str]) -> Format:
    """Tell the format of a report by the suffix of its file.

    Raises:
        ValueError: If it has another.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    formats: tuple[Format, ...] = get_args(Format)
    for each in formats:
        if suffix == each:
            return each
    raise ValueError(
        f"{os.fspath(path)}: a report is {', '.join(f'.{each}' for each in formats[:-1])} or .{formats[-1]}"
    )


def save(
    path: str | os.PathLike[str],
    about: About,
    summary: Summary,
    entries: Iterable[Entry],
    *,
    format: Format | None = None,
    warnings: Iterable[str] = (),
) -> None:
    """Write a report to a file, all of it or nothing: until it is whole, a file that is there stays.

    Nobody but its owner may read it, since it holds personal data.

    Args:
        path: The file.
        about: What the plan is about.
        summary: How many entries there are of each kind.
        entries: The entries.
        format: Which; None to tell it by the suffix.
        warnings: What whoever reads it should know first.

    Raises:
        ValueError: If the suffix tells no format.
        OSError: If the file cannot be written.
    """
    form = format_of(path) if format is None else format
    with replacing(path) as file:
        out = TextIOWrapper(file, encoding="utf-8", newline="")
        write_report(out, form, about, summary, entries, warnings=warnings)
        out.detach()


# JSON.


def _write_json(out: TextIO, about: About, summary: Summary, entries: Iterable[Entry], warnings: Iterable[str]) -> None:
    head = {
        "version": _VERSION,
        "about": {**_fields(about), "planned": _iso(about.planned)},
        "summary": {**_fields(summary), "rows": summary.rows},
        "warnings": [*warnings],
    }
    # All but the last brace, so that the entries can follow one by one.
    out.write(f'{_json(head)[:-1]}, "entries": [')
    separator = "\n"
    for entry in entries:
        out.write(separator + _json(_object(entry)))
        separator = ",\n"
    out.write("\n]}\n")


def _fields(of: About | Summary) -> dict[str, Any]:
    fields: dict[str, Field[Any]] = of.__dataclass_fields__
    return {name: getattr(of, name) for name in fields}


def _object(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "line": entry.line,
        "kind": entry.kind,
        "id": entry.id,
        "displayName" if entry.kind == "group" else "userName": entry.name,
        "said": entry.said,
        "seen": _iso(entry.seen),
        "state": entry.state,
        "note": entry.note,
        "changes": [
            {"path": each.path, "before": show.safe(each.before, each.path), "after": show.safe(each.after, each.path)}
            for each in show.changes_of(entry)
        ],
        "kept": [*map(_difference, entry.kept)],
        "version": entry.version,
        "result": _result(entry.result) if entry.result else None,
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "outcome": result.outcome,
        "begun": _iso(result.begun),
        "ended": _iso(result.ended),
        "error": result.error,
        "status": result.status,
        "request_id": result.request_id,
        "attempts": result.attempts,
        "differences": [*map(_difference, result.differences)],
    }


def _difference(each: Difference) -> dict[str, Any]:
    return {
        "path": each.path,
        "sent": show.safe(each.sent, each.path),
        "answered": show.safe(each.answered, each.path),
        "ignored": each.ignored,
    }


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # A lone surrogate, which UTF-8 cannot write, is an escape.
    return text if _is_utf8(text) else json.dumps(value)


# CSV.


def _write_csv(out: TextIO, about: About, entries: Iterable[Entry]) -> None:
    context = (about.kind, about.base_url, about.account, about.file, _iso(about.planned))

    def lines() -> Iterator[tuple[Action, tuple[Any, ...]]]:
        for entry in entries:
            result = entry.result
            done: tuple[Any, ...] = (None,) * 5
            if result:
                done = (result.status, result.request_id, result.attempts, _iso(result.begun), _iso(result.ended))
            for action in actions_of(entry):
                told = (entry.state, result.outcome if result else None, action.answered)
                yield action, (*told, *done, entry.number, entry.line, *context)

    write_table(out, lines(), _MORE)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _iso(moment: datetime | None) -> str | None:
    """A moment in UTC; one that says no zone is."""
    if moment is None:
        return None
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat().replace("+00:00", "Z")
