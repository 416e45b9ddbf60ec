"""The receipt of an off-boarding: what became of each account and each membership, in lines or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from maia_scim.apply.memberships import moves
from maia_scim.cli.output import emit
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.apply import Entry, Plan
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output

# What there is to say of an account, and of a membership: by the state of the entry, or by the outcome of its change.
_ACCOUNT: Final = {
    "unchanged": "deactivated already",
    "not_found": "not found",
    "invalid": "left alone",
    "unread": "could not be read",
    "protected": "protected: left alone",
    "conflict": "left alone",
    "change": "to be deactivated",
    "done": "deactivated",
    "moved": "changed by others meanwhile: not deactivated",
    "refused": "refused: not deactivated",
    "not_sent": "not sent: not deactivated",
    "unknown": "not known whether deactivated",
}
_MEMBERSHIP: Final = {
    "protected": "protected: left in",
    "change": "to be removed from",
    "done": "removed from",
    "moved": "changed by others meanwhile: not removed from",
    "refused": "refused: not removed from",
    "not_sent": "not sent: not removed from",
    "unknown": "not known whether removed from",
}
_GOOD: Final = ("done", "unchanged")


class Receipt:
    """Tells what became of an off-boarding.

    Args:
        connection: Which account it is about.
        dry_run: Whether nothing is to be written.
    """

    def __init__(self, connection: Connection, *, dry_run: bool) -> None:
        self._connection, self._dry_run = connection, dry_run

    def __call__(self, plan: Plan, output: Output) -> None:
        """Show it.

        Args:
            plan: The plan, done or not.
            output: How.
        """
        told = self._told(plan)
        emit(told, lambda: self._lines(told), output)

    def _told(self, plan: Plan) -> dict[str, Any]:
        users: dict[str, dict[str, Any]] = {}
        groups: dict[str, dict[str, Any]] = {}
        for entry in plan.entries():
            if entry.kind == "group":
                groups.setdefault(entry.id, {"id": entry.id, "displayName": entry.name, "found": True})
                groups[entry.id]["found"] &= entry.state != "not_found"
                for member in moves(entry)[0] if entry.changes else ():
                    if user := users.get(member.id.casefold()):
                        user["groups"].append(_membership(entry))
            else:
                users[entry.id.casefold()] = _account(entry)
        return {
            "dryRun": self._dry_run,
            **self._connection.facts,
            "users": [*users.values()],
            "groupsLookedInto": [*groups.values()],
            "otherGroups": "not known: the service has no list of groups",
            "journal": str(plan.journal) if plan.begun else None,
            "undo": f"maia-scim apply --undo {plan.journal}" if plan.begun else None,
        }

    @staticmethod
    def _lines(told: dict[str, Any]) -> Iterator[str]:
        yield ""
        yield click.style("Receipt" if told["journal"] else "What it would do: nothing was written", bold=True)
        for user in told["users"]:
            facts = [user["userName"] or user["id"], user["id"] if user["userName"] else "", user["said"] or ""]
            yield "  " + " · ".join(plain(each) for each in dict.fromkeys(facts) if each)
            yield _line(_ACCOUNT[user["account"]], user)
            for group in user["groups"]:
                yield _line(f"{_MEMBERSHIP[group['outcome']]} {group['displayName'] or group['id']}", group)
        found = [group for group in told["groupsLookedInto"] if group["found"]]
        names = ", ".join(plain(group["displayName"] or group["id"]) for group in found)
        if found:
            yield f"Looked into: {names}. Of other groups it is not known who is in them."
        else:
            yield "No group was looked into, since none is known that they are in: --group names some."
        for group in told["groupsLookedInto"]:
            if not group["found"]:
                yield click.style(f"Group {plain(group['id'])}: there is no such group (any more)", fg="yellow")


def _account(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "userName": entry.name,
        "said": entry.said,
        "account": entry.result.outcome if entry.result else entry.state,
        **_proof(entry),
        "groups": [],
    }


def _membership(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "displayName": entry.name,
        "outcome": entry.result.outcome if entry.result else entry.state,
        **_proof(entry),
    }


def _proof(entry: Entry) -> dict[str, Any]:
    """By what it can be looked up, and why it was not done."""
    result = entry.result
    return {
        "at": result.ended.isoformat() if result and result.ended else None,
        "requestId": result.request_id if result else None,
        "why": (result.error if result else None) or (entry.note if entry.state != "change" else None),
    }


def _line(words: str, told: dict[str, Any]) -> str:
    outcome = told.get("account") or told["outcome"]
    colour = "green" if outcome in _GOOD else None if outcome == "change" else "yellow"
    request = f" (request {plain(told['requestId'])})" if told["requestId"] else ""
    why = f" - {plain(told['why'])}" if told["why"] else ""
    return click.style(f"    {plain(words)}", fg=colour) + request + why


__all__ = ["Receipt"]
