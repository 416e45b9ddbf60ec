"""Write `docs/regen-mutations.md`: what `make regen` makes of each way in which a specification may change.

python -m scripts.mutation_table
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.regen import changes, overlay, vendor
from scripts.regen.errors import Exit
from scripts.regen.layout import Layout
from tests.regen.mutations import BROKEN, BROKEN_PAGES, REFUSED, TAKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.regen.verdict import Finding

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "regen-mutations.md"

HEAD = """\
# Spec mutations

What `make regen` makes of each way in which a specification may change, and of what the machine may do to it. Every
line is a test, nearly all of them through the real command in a scratch copy.
[Following a spec change](following-a-spec-change.md) tells what to do about each.

A refusal changes nothing: the tests compare every file before and after. The exit codes are those of
`python -m scripts.regen`; `make` shows them as `Error 3` and ends with 2 itself.

This page is written by `python -m scripts.mutation_table` from the data of the tests, in `tests/regen/mutations.py`.
"""

# What is a test of its own: what happens, the exit code, what comes of it, the test.
PAGES = (
    (
        "a page brings an operation, a field and a server",
        Exit.OK,
        "merged in; what the page does not name stays",
        "test_mutations.py::test_a_slice_is_merged_in",
    ),
    (
        "a page takes a field or an enum value that other operations use",
        Exit.DECIDE,
        "refused with the list of losses; taken with `ACCEPT=1`",
        "test_mutations.py::test_a_slice_that_takes_from_other_operations_needs_a_decision",
    ),
    (
        "a page takes a field that only its own operation uses",
        Exit.OK,
        "taken, major",
        "test_mutations.py::test_a_page_may_take_from_its_own_operation",
    ),
    (
        "the vendor brings an operation that an overlay adds",
        Exit.OK,
        "the vendor's is used, and the report says that the addition can go",
        "test_mutations.py::test_the_vendor_brings_an_operation_that_an_overlay_adds",
    ),
    (
        "the vendored file was edited by hand",
        Exit.OK,
        "the report says so",
        "test_mutations.py::test_a_hand_edit_of_the_vendored_file_is_told",
    ),
    (
        "the vendored file is broken",
        Exit.REFUSED,
        "refused",
        "test_mutations.py::test_a_broken_vendored_file_is_refused",
    ),
)
RELEASE = (
    (
        "the version is lower than the verdict calls for",
        Exit.DECIDE,
        "refused with the version to set",
        "test_last_release.py::test_a_version_that_is_too_low_is_refused",
    ),
    (
        "a template or run-time module breaks Python callers, the specification being the same",
        Exit.DECIDE,
        "major",
        "test_last_release.py::test_a_template_that_breaks_python_calls_for_a_bump",
    ),
    (
        "an example of the last release no longer type-checks",
        Exit.OK,
        "major, with mypy's error in the report",
        "test_last_release.py::test_examples_of_the_last_release_are_type_checked",
    ),
    (
        "the git ref of `BASE=` does not exist",
        Exit.USAGE,
        "refused",
        "test_last_release.py::test_another_base_can_be_asked_for",
    ),
)
MACHINE = (
    (
        "the generator or another tool is missing",
        Exit.MACHINE,
        "refused with the command that sets the tools up",
        "test_command.py::test_without_the_tools_it_says_how_to_get_them",
    ),
    (
        "the generator has another version than is pinned",
        Exit.MACHINE,
        "refused with both versions",
        "test_pins.py::test_other_tools_are_refused",
    ),
    (
        "a stock template changed under its override",
        Exit.REFUSED,
        "refused with the difference",
        "test_pins.py::test_a_changed_stock_template_is_refused_with_the_difference",
    ),
    (
        "no permission to write",
        Exit.MACHINE,
        "nothing changes",
        "test_command.py::test_without_permission_to_write_nothing_changes",
    ),
    (
        "the disk is full",
        Exit.MACHINE,
        "nothing changes; 3 when it is the formatter that meets it",
        "test_command.py::test_a_full_disk_changes_nothing",
    ),
    (
        "moving the result into place fails at any step",
        Exit.MACHINE,
        "what was moved is moved back",
        "test_swap.py::test_a_commit_that_fails_anywhere_takes_everything_back",
    ),
    (
        "another run in the same checkout",
        Exit.MACHINE,
        "refused",
        "test_swap.py::test_a_second_run_waits_for_nobody",
    ),
    ("Ctrl-C", Exit.MACHINE, "nothing changes", "test_command.py::test_an_interrupt_leaves_nothing_behind"),
    (
        "kill -9 while it works",
        None,
        "nothing changes, or the next run brings everything together",
        "test_command.py::test_a_killed_run_is_brought_together_by_the_next",
    ),
    (
        "kill -9 at each single step of moving the result into place",
        None,
        "the next run brings everything together",
        "test_swap.py::test_a_commit_that_is_killed_anywhere_is_brought_together",
    ),
    (
        "`make regen-check` after such a kill",
        Exit.DIFFERS,
        "says that `make regen` brings it together",
        "test_command.py::test_check_refuses_what_a_kill_left_half_done",
    ),
)


def page() -> str:
    """The page as it should be, in Markdown."""
    taken = [(what, f"**{case.bump}**", _told(case.change, case.told)) for what, case in TAKEN.items()]
    refused = [(what, f"`{case.step}`", case.why, _code(case.named)) for what, case in REFUSED.items()]
    broken = [(what, _code(named)) for what, (_, named) in (BROKEN | BROKEN_PAGES).items()]
    own = ("what happens", "exit code", "what comes of it", "test in `tests/regen`")
    parts = [
        HEAD,
        "## Taken, with a verdict\n",
        "Exit code 0, unless the version is too low for the verdict.\n",
        *_table(("what changes", "verdict", "the report's line"), taken),
        "## Refused\n",
        f"Exit code {Exit.REFUSED.value}.\n",
        *_table(("what the specification has", "step", "why", "what the message names"), refused),
        "## No specification at all\n",
        f"Exit code {Exit.REFUSED.value}, at step `vendor`.\n",
        *_table(("what `SPEC=` is", "what the message names"), broken),
        *("## Pages and overlays\n", *_table(own, map(_own, PAGES))),
        *("## The release\n", *_table(own, map(_own, RELEASE))),
        *("## The machine\n", *_table(own, map(_own, MACHINE))),
    ]
    return "\n".join(parts)


def _told(change: Any, told: str) -> str:
    """The finding that the report gives for a change of the vendored specification."""
    layout = Layout(ROOT)
    before = vendor.read(layout.spec.read_text(encoding="utf-8"), layout.short(layout.spec))
    after = copy.deepcopy(before)
    change(after)
    old, new = (overlay.apply_files(spec, sorted(layout.overlays.glob("*.yaml")))[0] for spec in (before, after))
    return next(line for line in map(_line, changes.compare(old, new)) if told in line)


def _line(it: Finding) -> str:
    values = " → ".join(_code(text) for text in (it.before, it.after) if text is not None)
    return f"{_code(it.name)} {it.action}{f': {values}' if values else ''} — {it.why}"


def _own(row: tuple[str, Exit | None, str, str]) -> Sequence[str]:
    what, code, outcome, test = row
    return what, "killed" if code is None else str(code.value), outcome, _code(test)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    cells = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in cells), ""]


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
