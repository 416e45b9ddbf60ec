"""Bringing users to a desired state: a file in, a plan to look at, the changes made safely.

>>> with apply.plan(maia, Path("people.csv")) as plan:
...     print(plan.summary)
...     plan.check(max_deactivations=5)
...     plan.apply()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ApplyError, GuardRail, InvalidFile, JournalError, PlanError
    from .journal import Journal, Run
    from .making import journal_for, open_plan, plan, resume, undo
    from .mapping import read_mapping
    from .model import About, Entry, Fault, Result, Summary
    from .picks import Picks
    from .plans import Plan, Progress
    from .reading import write_rows
    from .report import save as save_report

# Where each name lives, imported on first use, as in maia_scim itself.
_HOMES = {
    **dict.fromkeys(("ApplyError", "GuardRail", "InvalidFile", "JournalError", "PlanError"), "errors"),
    **dict.fromkeys(("Journal", "Run"), "journal"),
    **dict.fromkeys(("journal_for", "open_plan", "plan", "resume", "undo"), "making"),
    **dict.fromkeys(("About", "Entry", "Fault", "Result", "Summary"), "model"),
    **dict.fromkeys(("Plan", "Progress"), "plans"),
    "Picks": "picks",
    "read_mapping": "mapping",
    "save_report": "report",
    "write_rows": "reading",
}
_ELSEWHERE = {"save_report": "save"}

if not TYPE_CHECKING:  # hidden from type checkers, which would else accept any misspelt name

    def __getattr__(name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{home}"), _ELSEWHERE.get(name, name))
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return __all__


__all__ = [
    "About",
    "ApplyError",
    "Entry",
    "Fault",
    "GuardRail",
    "InvalidFile",
    "Journal",
    "JournalError",
    "Picks",
    "Plan",
    "PlanError",
    "Progress",
    "Result",
    "Run",
    "Summary",
    "journal_for",
    "open_plan",
    "plan",
    "read_mapping",
    "resume",
    "save_report",
    "undo",
    "write_rows",
]
