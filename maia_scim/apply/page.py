"""A plan, or a report of what became of it, as one HTML page that loads nothing and runs nothing but its own.

Entries go to one temporary file per section as they come, so that memory does not grow with them, and the page begins
with what matters most, with counts that are known.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from io import TextIOWrapper
from shutil import copyfileobj
from string import Template
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final

from maia_scim._version import __version__

from .page_entry import ALARMING, OUTCOMES, STATES, article, breakable, flags_of, iso, line, shown, told
from .words import counted, file_of, kind_of, to_do

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

    from .model import About, Entry, Summary

_IN_MEMORY: Final = 1 << 18  # bytes of a section, before it goes to disk
_COLUMNS: Final = {
    True: '<div class="names" aria-hidden="true"><span>User</span>'
    "<div><span>Attribute</span><span>Before</span><span>After</span></div></div>\n",
    False: '<div class="names" aria-hidden="true"><span>Group</span>'
    "<div><span>Attribute</span><span>Who goes</span><span>Who comes</span></div></div>\n",
}
_LIST: Final = 100  # unchanged users in a list, which a browser lays out when it is scrolled to


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    why: str
    columns: bool = True
    users: bool = True


_PLANNED: Final = {
    "deactivations": _Section("Deactivations", "These accounts will be switched off."),
    "renames": _Section("Renames", "These users will sign in with another user name."),
    "removals": _Section("Members who go", "These groups will lose members.", users=False),
    "additions": _Section("Members who come", "These groups will get members.", users=False),
    "creations": _Section("New users", "These users will be created."),
    "change": _Section("Changes", ""),
    "left": _Section("Left alone", "Nothing will be done about these rows.", columns=False),
    "kept": _Section(
        "Kept by the service otherwise",
        "The service answered these values otherwise before, so they are not proposed again.",
        columns=False,
    ),
    "unchanged": _Section("Unchanged", "Nothing is to be changed in these users.", columns=False),
}
_REPORTED: Final = {
    "failed": _Section("Not done", "These changes were not made, or nobody can tell."),
    "deactivations": _Section("Deactivations", "These accounts were switched off."),
    "renames": _Section("Renames", "These users sign in with another user name now."),
    "removals": _Section("Members who went", "These groups lost members.", users=False),
    "additions": _Section("Members who came", "These groups got members.", users=False),
    "creations": _Section("New users", "These users were created."),
    "change": _Section("Changes", "These changes were made."),
    "left": _Section("Left alone", "Nothing was done about these rows.", columns=False),
    "kept": _PLANNED["kept"],
    "unchanged": _PLANNED["unchanged"],
}
# What stands apart from the other changes, what takes access away first.
_APART: Final = ("deactivations", "renames", "removals", "additions", "creations")
# The numbers at the top, in this order; of those that are not always there, the ones that count something.
_TILES: Final = {
    **OUTCOMES,
    "adjusted": "adjusted by the service",
    "change": STATES["change"],
    "users": "users to change",
    "creations": "users to create",
    "removals": "members to remove",
    "additions": "members to add",
    "deactivations": "deactivations",
    "renames": "renames",
    **STATES,
    "kept": "kept by the service otherwise",
    "case_only": "values in other letter case, left as they are",
}
_LOUD: Final = frozenset({"deactivations", "removals"})
_ALWAYS: Final = frozenset({"change", "deactivations", "unchanged", "not_found", "invalid"})
_ALWAYS_REPORTED: Final = frozenset({"done", "refused", "unknown"})


def write_page(
    out: TextIO, about: About, summary: Summary, entries: Iterable[Entry], *, warnings: Iterable[str] = ()
) -> None:
    """Write the page.

    Args:
        out: Where to; in UTF-8.
        about: What the plan is about.
        summary: How many entries there are of each kind. Once it counts outcomes, the page is a report of them.
        entries: The entries; they are gone through once.
        warnings: What whoever approves it should know first.
    """
    reported = any(getattr(summary, outcome, 0) for outcome in OUTCOMES)
    with ExitStack() as stack:
        # Of bytes: to ask a text file where it stands, as these do at each write, is slow.
        spools = {name: stack.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY)) for name in _REPORTED}
        parts = _Parts(spools, reported=reported)
        for entry in entries:
            parts.add(entry)
        before, after = _shell(about, summary, parts, warnings, reported=reported)
        out.write(before)
        parts.write(out)
        out.write(after)


class _Parts:
    """What was written of each section, on disk where it is much."""

    def __init__(self, spools: Mapping[str, SpooledTemporaryFile[bytes]], *, reported: bool) -> None:
        self.flags: Counter[str] = Counter()
        self.groups: set[str] = set()
        self._reported = reported
        self._rows: Counter[str] = Counter()
        self._files = spools

    def add(self, entry: Entry) -> None:
        flags = flags_of(entry, reported=self._reported)
        self.flags.update(flags)
        if entry.kind == "group" and entry.state == "change":
            self.groups.add(entry.id.casefold())
        section = _section(entry, flags)
        if section == "unchanged":
            if self._rows[section] and not self._rows[section] % _LIST:
                self._files[section].write(b'</ul>\n<ul class="plain">\n')
            self._files[section].write(line(entry).encode())
        else:
            self._files[section].write(article(entry, flags).encode())
        self._rows[section] += 1

    def write(self, out: TextIO) -> None:
        """Write the sections that have rows."""
        for name, section in (_REPORTED if self._reported else _PLANNED).items():
            count = self._rows[name]
            if not count:
                continue
            others = name == "change" and any(self._rows[each] for each in _APART)
            title = "Other changes" if others else section.title
            why = f'<p class="why">{section.why}</p>\n' if section.why else ""
            out.write(f'<section>\n<h2>{title} <span class="count">{count:,}</span></h2>\n{why}')
            if section.columns:
                out.write(_COLUMNS[section.users])
            if name == "unchanged":
                out.write('<details>\n<summary>Show them</summary>\n<ul class="plain">\n')
            self._files[name].seek(0)
            copyfileobj(TextIOWrapper(self._files[name], "utf-8", newline=""), out)
            out.write("</ul>\n</details>\n</section>\n" if name == "unchanged" else "</section>\n")


def _section(entry: Entry, flags: list[str]) -> str:
    if entry.state == "unchanged":
        return "kept" if entry.kept or entry.note else "unchanged"
    if entry.state != "change":
        return "left"
    if "done" not in flags and not OUTCOMES.keys().isdisjoint(flags):
        return "failed"
    return next((name for name in _APART if name in flags), "change")


# The page around the entries.


def _shell(
    about: About, summary: Summary, parts: _Parts, warnings: Iterable[str], *, reported: bool
) -> tuple[str, str]:
    """What stands before the entries, and after."""
    flags, groups = parts.flags, len(parts.groups)
    style, script = _file("page.css"), _file("page.js")
    before, marker, after = _file("page.html").partition("$entries")
    assert marker
    rows = counted(summary.rows, "row")  # of a group there are several
    if reported:
        heading = f"{summary.done:,} of {counted(summary.change, 'change')} made"
        lead = "What became of the plan." if groups else f"What became of the plan: {rows}."
    else:
        heading = ", ".join(to_do(summary, groups))
        lead = "Nothing has been changed yet." + ("" if groups else f" The plan has {rows}.")
    kind = kind_of(about, reported=reported)
    of = ", ".join(filter(None, (file_of(about), str(about))))
    listed = "".join(f"<li>{shown(warning)}</li>\n" for warning in warnings)
    values = {
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        "title": f"{kind}: {heading} ({shown(of)})",
        "kind": kind,
        "heading": heading,
        "lead": lead,
        "facts": "\n".join(_facts(about)),
        "warnings": f'<ul class="warnings">\n{listed}</ul>\n' if listed else "",
        "tiles": "\n".join(_tiles(summary, flags, reported=reported)),
        "footer": f"maia-scim {__version__}. Signs that cannot be seen are escapes such as \\u202e, passwords ***.",
        "style": style,
        "script": script,
    }
    return Template(before).substitute(values), Template(after).substitute(values)


def _file(name: str) -> str:
    return (files("maia_scim") / "apply" / name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _facts(about: About) -> Iterator[str]:
    named = {
        "Journal" if about.kind == "undo" else "File": file_of(about),
        "Profile": about.profile,
        "Region": about.region,
        "Service": about.base_url,
        "Account": about.account,
    }
    for name, value in named.items():
        if value:
            yield f"<div><dt>{name}</dt><dd><bdi>{breakable(value)}</bdi></dd></div>"
    yield f"<div><dt>Planned</dt><dd>{told(about.planned)} <code>{iso(about.planned)}</code></dd></div>"


def _tiles(summary: Summary, flags: Counter[str], *, reported: bool) -> Iterator[str]:
    always = _ALWAYS | _ALWAYS_REPORTED if reported else _ALWAYS
    counts = {"users": summary.users - summary.creations}
    if summary.groups or summary.creations:  # told by kind, since they are not all users to change
        always -= {"change", "deactivations", "invalid"}
        counts["change"] = 0
    else:
        counts["users"] = 0
    for name, label in _TILES.items():
        count = counts[name] if name in counts else getattr(summary, name, flags[name])
        if not count and name not in always:
            continue
        classes = ["tile", *["zero"] * (not count), *["loud"] * (name in _LOUD and count > 0)]
        classes += ["alarm"] * (name in ALARMING and count > 0)
        # A button does nothing until the script enables it; and nothing where there is no such entry to show.
        yield (
            f'<button type="button" class="{" ".join(classes)}" data-state="{name}"{" data-any" * (flags[name] > 0)} '
            f"disabled><b>{count:,}</b> <span>{label}</span></button>"
        )
