"""Bringing users to a desired state: a file in, a plan to look at, the changes made safely.

>>> with apply.plan(maia, Path("people.csv")) as plan:
...     print(plan.summary)
...     plan.check(max_deactivations=5)
...     plan.apply()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .acting import plan_actions
    from .actions import Action, actions_of
    from .changing import rename, set_attributes, settings_of
    from .errors import ApplyError, GuardRail, InvalidFile, JournalError, PlanError
    from .export import Exported
    from .export import export as export_users
    from .journal import Journal, Run
    from .making import journal_for, open_plan, plan, resume, undo
    from .mapping import read_mapping
    from .model import About, Entry, Fault, Result, Summary
    from .offboarding import offboard
    from .picks import Picks
    from .plans import Plan, Progress
    from .reading import write_rows
    from .renaming import Pair, Pairs, Renaming
    from .report import save as save_report
    from .syncing import sync_groups
    from .where import Where
    from .whom import Whom

# Where each name lives, imported on first use, as in maia_scim itself.
_HOMES = {
    **dict.fromkeys(("ApplyError", "GuardRail", "InvalidFile", "JournalError", "PlanError"), "errors"),
    **dict.fromkeys(("Journal", "Run"), "journal"),
    **dict.fromkeys(("journal_for", "open_plan", "plan", "resume", "undo"), "making"),
    **dict.fromkeys(("About", "Entry", "Fault", "Result", "Summary"), "model"),
    **dict.fromkeys(("Plan", "Progress"), "plans"),
    **dict.fromkeys(("rename", "set_attributes", "settings_of"), "changing"),
    **dict.fromkeys(("Pair", "Pairs", "Renaming"), "renaming"),
    **dict.fromkeys(("Exported", "export_users"), "export"),
    **dict.fromkeys(("Action", "actions_of"), "actions"),
    "Picks": "picks",
    "Where": "where",
    "Whom": "whom",
    "offboard": "offboarding",
    "plan_actions": "acting",
    "read_mapping": "mapping",
    "save_report": "report",
    "sync_groups": "syncing",
    "write_rows": "reading",
}
_ELSEWHERE = {"export_users": "export", "save_report": "save"}

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
    "Action",
    "ApplyError",
    "Entry",
    "Exported",
    "Fault",
    "GuardRail",
    "InvalidFile",
    "Journal",
    "JournalError",
    "Pair",
    "Pairs",
    "Picks",
    "Plan",
    "PlanError",
    "Progress",
    "Renaming",
    "Result",
    "Run",
    "Summary",
    "Where",
    "Whom",
    "actions_of",
    "export_users",
    "journal_for",
    "offboard",
    "open_plan",
    "plan",
    "plan_actions",
    "read_mapping",
    "rename",
    "resume",
    "save_report",
    "set_attributes",
    "settings_of",
    "sync_groups",
    "undo",
    "write_rows",
]
