"""What a file says, what a plan proposes, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from maia_scim.diff import Change, Difference

    from .columns import Target

State = Literal["change", "unchanged", "not_found", "invalid", "unread", "protected", "conflict"]
"""What a plan has for a row: a change; nothing to do; no such user; a row that is wrong; a user that could not be read;
an account that is protected from what the row wants; of an undo, a value that somebody else changed since."""

Outcome = Literal["done", "moved", "refused", "not_sent", "unknown"]
"""What became of a change: it was made; the user had moved on, so that it was not; or as ``error.outcome`` has it."""


Kind = Literal["user", "new user", "group"]
"""What an entry of a plan is about: a user that is there, one that is to be created, or members of a group."""

Verb = Literal["apply", "undo", "groups sync", "users rename", "users set", "offboard"]
"""What a plan was made by."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file.

    Attributes:
        line: The line of the file, from 1, or None if it is about the file as a whole.
        column: The column as the file heads it, or None if it is about the row as a whole.
        message: What is wrong, and what to do.
    """

    line: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [f"column {self.column}"] if self.column else []
        return ", ".join(where) + (": " if where else "") + self.message


@dataclass(frozen=True, slots=True)
class Setting:
    """What a row says of one attribute.

    Attributes:
        target: The attribute.
        value: Its value in JSON, of the type that the specification gives the attribute; None to clear it.
        header: How the file heads it.
    """

    target: Target
    value: Any
    header: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file.

    Attributes:
        line: The line where it begins, from 1.
        id: The user's id; ``""`` where it has none, which is a fault.
        settings: What it says, without what it leaves as it is.
        source: The record as it came: the texts of its cells, or a JSON object.
        faults: What is wrong with it.
        id_header: How the file heads the id.
    """

    line: int
    id: str
    settings: tuple[Setting, ...]
    source: Any
    faults: tuple[Fault, ...] = ()
    id_header: str = "id"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a change.

    Attributes:
        outcome: In a word.
        begun: When it was about to be written.
        ended: When its outcome was known; None of one that a crash cut short.
        error: Why it was not done, in a sentence.
        status: HTTP status of the last answer.
        request_id: The service's name for the last request.
        attempts: How many requests the write took.
        differences: What the service ignored or normalised: what its answer does not hold as it was sent.
        after: JSON of the user as the service answered.
    """

    outcome: Outcome
    begun: datetime
    ended: datetime | None = None
    error: str | None = None
    status: int | None = None
    request_id: str | None = None
    attempts: int = 0
    differences: tuple[Difference, ...] = ()
    after: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a plan.

    Attributes:
        number: Its place in the plan, from 1.
        line: The line of the file, or None where there is none.
        id: The id of the user or group; ``""`` of a user that is still to be created.
        name: The ``userName`` or the ``displayName``, as the directory has it, if it was read.
        state: What the plan has for it.
        note: Why it is so, in a sentence; of a change, what to look at.
        changes: What is to be changed, by leaf path. Of a group it is ``members``: who goes, and who comes.
        kept: What the file wants too, and the service has answered otherwise before: not proposed again.
        before: JSON of the user as it was read; of a change.
        wanted: JSON of the user as it is to be; of a change.
        version: The version that was read, as ``If-Match`` takes it, or None.
        source: The record of the file as it came.
        result: What became of it, once it was tried.
        kind: What it is about.
        empties: Whether the group would have no members after it.
        said: The name that the id was found by in an index, or None.
        seen: When the index saw it.
    """

    number: int
    line: int | None
    id: str
    name: str | None
    state: State
    note: str | None = None
    changes: tuple[Change, ...] = ()
    kept: tuple[Difference, ...] = ()
    before: dict[str, Any] | None = field(default=None, repr=False)
    wanted: dict[str, Any] | None = field(default=None, repr=False)
    version: str | None = None
    source: Any = field(default=None, repr=False)
    result: Result | None = None
    kind: Kind = "user"
    empties: bool = False
    said: str | None = None
    seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a plan is about, for headings and prompts.

    Attributes:
        kind: What it was made by: ``apply``, ``undo``, ``groups sync`` and so on.
        base_url: Where the service is.
        region: Its region, or None of any other address.
        account: Whose directory: the client id, or what stands for a token.
        profile: The profile of the command line, or None.
        file: The file's name, ``-`` for standard input; of an undo, the journal's; ``""`` where there is none.
        planned: When it was planned.
    """

    kind: Verb
    base_url: str
    region: str | None
    account: str
    profile: str | None
    file: str
    planned: datetime

    def __str__(self) -> str:
        where = f"region {self.region}" if self.region else self.base_url
        profile = f"profile {self.profile}, " if self.profile else ""
        return f"{profile}{where}, account {self.account}"


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows of a plan there are of each state, and what became of its changes.

    Attributes:
        change: Writes that are planned. A group whose many members change has several.
        creations: How many of them create a user.
        groups: How many of them change members of a group.
        additions: How many members those add.
        removals: How many members those remove.
        members: How many members the groups of the plan had.
        named: How many users were found by a name in an index.
        passed: How many users were looked at and not meant, such as by a filter. They are not in the plan.
        adjusted: How many of those done the service keeps otherwise than sent.
    """

    change: int = 0
    creations: int = 0
    groups: int = 0
    additions: int = 0
    removals: int = 0
    members: int = 0
    named: int = 0
    passed: int = 0
    unchanged: int = 0
    not_found: int = 0
    invalid: int = 0
    unread: int = 0
    protected: int = 0
    conflict: int = 0
    deactivations: int = 0
    kept: int = 0
    case_only: int = 0
    done: int = 0
    moved: int = 0
    refused: int = 0
    not_sent: int = 0
    unknown: int = 0
    adjusted: int = 0

    @property
    def users(self) -> int:
        """How many users are to be changed or created."""
        return self.change - self.groups

    @property
    def rows(self) -> int:
        """All rows."""
        return (
            self.change + self.unchanged + self.not_found + self.invalid + self.unread + self.protected + self.conflict
        )
