"""A directory of a few users and groups, servers that do otherwise than they should, and what tests ask of both."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from maia_scim import BearerToken, MaiaScim, RetryPolicy
from maia_scim.sandbox import faults
from tests.support.directory import Directory
from tests.support.scripted import Answer, Received, Scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from maia_scim.apply import Entry, Plan
    from maia_scim.sandbox import Sandbox

# The same letters twice, composed and not (U+00E9; U+0065 U+0301).
NFC, NFD = "zo\u00e9", "zoe\u0301"


def user(id: str, **more: Any) -> dict[str, Any]:
    """A user whose names come from the id."""
    return {
        "id": id,
        "userName": f"{id}@x.example",
        "active": True,
        "emails": [{"value": f"{id}@mail.example", "type": "work"}],
        **more,
    }


def group(id: str, *members: Any, **more: Any) -> dict[str, Any]:
    """A group; members are ids of users, or as JSON has them."""
    items = [each if isinstance(each, dict) else {"value": each, "type": "User"} for each in members]
    return {"id": id, "displayName": f"Group {id}", "members": items, **more}


def fill(sandbox: Sandbox, users: Iterable[Any], groups: Iterable[dict[str, Any]] = ()) -> None:
    """Have a sandbox hold these users, and no others."""
    whole = [user(each) if isinstance(each, str) else each for each in users]
    sandbox.load({"users": whole, "groups": [*groups]})
    sandbox.forget_requests()


def members(sandbox: Sandbox, group: str) -> list[str]:
    return sorted(each["value"] for each in sandbox.groups[group].get("members", ()))


def sent(sandbox: Sandbox) -> list[str]:
    """What was written, in order: the method and the id."""
    return [f"{each.method} {each.id or ''}".strip() for each in sandbox.requests if each.method != "GET"]


def stream(*lines: str) -> io.BytesIO:
    """A file of these lines."""
    return io.BytesIO("".join(f"{line}\n" for line in lines).encode())


def put(file: Path, *lines: str) -> Path:
    """Write a file of these lines."""
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def states(plan: Plan) -> list[tuple[str, str]]:
    return [(entry.id, entry.state) for entry in plan.entries()]


def outcomes(plan: Plan) -> list[str | None]:
    return [entry.result.outcome if entry.result else None for entry in plan.entries()]


def moved(entry: Entry) -> tuple[list[str], list[str]]:
    """The ids of who goes, and who comes."""
    (change,) = entry.changes
    return [each["value"] for each in change.before or ()], [each["value"] for each in change.after or ()]


class Odd:
    """A server over a directory of users and groups that may do otherwise than it should.

    Args:
        users: Ids of users.
        groups: Groups.
        versions: As of ``Directory``.

    Attributes:
        patched: Is called ahead of each PATCH of a group, with its number from 1 and the group; what it returns is
            answered, and the PATCH not done.
        after: Is called with the group once a PATCH was done, to meddle.
        shown: Makes of a group what is answered to a PATCH.
        patches: The PATCHes that came, each as the path and the operations.
    """

    def __init__(self, users: Iterable[str], *groups: dict[str, Any], versions: bool = True) -> None:
        resources = {f"Users/{each}": user(each) for each in users} | {f"Groups/{each['id']}": each for each in groups}
        self.directory = Directory(resources, versions=versions)
        self.service = Scripted(self._answer)
        self.patched: Callable[[int, dict[str, Any]], Answer | None] = lambda _number, _group: None
        self.after: Callable[[int, dict[str, Any]], object] = lambda _number, _group: None
        self.shown: Callable[[dict[str, Any]], Answer | None] = lambda _group: None
        self.patches: list[tuple[str, list[dict[str, Any]]]] = []

    def __enter__(self) -> Odd:
        self.service.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.service.__exit__()

    def client(self, **options: Any) -> MaiaScim:
        options = {"retry": RetryPolicy(backoff=0, budget=0.5), **options}
        return MaiaScim(base_url=self.service.url, auth=BearerToken("a-token"), rate_limit=None, **options)

    def members(self, group: str) -> list[str]:
        return sorted(each["value"] for each in self.directory.resources[f"Groups/{group}"].get("members", ()))

    def _answer(self, request: Received) -> Answer:
        path = "/".join(request.path.split("/")[-2:])
        if request.method != "PATCH" or path not in self.directory.resources:
            return self.directory.answer(request)
        group = self.directory.resources[path]
        self.patches.append((path, request.json["Operations"]))
        number = len(self.patches)
        if (instead := self.patched(number, group)) is not None:
            return instead
        if (answer := self.directory.answer(request)).status != 200:
            return answer
        self.after(number, group)
        return self.shown(group) or self.directory.answer(Received("GET", request.path, {}, b""))


class Broken(faults.Fault):
    """An error for some users or groups, by their ids."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def meet(self, exchange: faults.Exchange) -> faults.Answer:
        if exchange.request.path.rpartition("/")[2] in self.ids:
            return faults.problem(exchange.request, 500, "broken")
        return exchange.perform()
