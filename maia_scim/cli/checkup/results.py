"""What a check comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from maia_scim.cli.exits import FAILED, WRONG, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal["ok", "warn", "fail", "skipped"]

_RANK: tuple[Status, ...] = ("fail", "warn", "ok", "skipped")


@dataclass(frozen=True, slots=True)
class Result:
    """What a check came to.

    Attributes:
        status: ``ok``, ``warn``, ``fail``, or ``skipped`` where there was nothing to check.
        found: What was found, in a line.
        todo: What to do about it.
        facts: The same for programs, as JSON.
        code: Of a failure: the exit code that it makes.
    """

    status: Status
    found: str
    todo: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    code: int = FAILED


def ok(found: str, **facts: Any) -> Result:
    """All is well."""
    return Result("ok", found, None, facts)


def warn(found: str, todo: str, **facts: Any) -> Result:
    """It works, or may work; somebody should look at it."""
    return Result("warn", found, todo, facts)


def fail(found: str, todo: str, **facts: Any) -> Result:
    """The network or the service does not let it work."""
    return Result("fail", found, todo, facts)


def wrong(found: str, todo: str, **facts: Any) -> Result:
    """The configuration does not let it work; no request was sent."""
    return Result("fail", found, todo, facts, WRONG)


def skipped(why: str, **facts: Any) -> Result:
    """There was nothing to check."""
    return Result("skipped", why, None, facts)


class Findings:
    """Several findings of one check, of which the worst is its status.

    Attributes:
        facts: The same for programs.
    """

    def __init__(self) -> None:
        self._all: list[Result] = []
        self.facts: dict[str, Any] = {}

    def note(self, found: str) -> None:
        """Take note of what is well."""
        self._all.append(ok(found))

    def add(self, result: Result) -> None:
        """Take note of a finding of any status."""
        self._all.append(result)

    @property
    def failed(self) -> bool:
        """Whether one of them is a failure."""
        return any(each.status == "fail" for each in self._all)

    def result(self) -> Result:
        """All of them in one."""
        worst_first = sorted(self._all, key=lambda each: _RANK.index(each.status))
        status: Status = worst_first[0].status if worst_first else "ok"
        todo = "; ".join(dict.fromkeys(each.todo for each in self._all if each.todo)) or None
        facts = {name: value for each in self._all for name, value in each.facts.items()} | self.facts
        code = worst(each.code for each in self._all if each.status == "fail")
        return Result(status, "; ".join(each.found for each in self._all), todo, facts, code or FAILED)


__all__ = ["Findings", "Result", "Status", "fail", "ok", "skipped", "warn", "wrong"]
