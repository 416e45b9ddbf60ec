"""The default personality: users and groups as plain JSON, each attribute kept as it came.

Other personalities are subclasses that take, show or version resources otherwise.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from maia_public_api.values import same

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.digits import decode_object, encode
from maia_scim.sandbox.directory import COLLECTIONS, READ_ONLY, RefusedError, Seeding
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.schema import complete, find, normal, required, schema, writable
from maia_scim.text import line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maia_scim.sandbox.clock import Clock
    from maia_scim.sandbox.directory import Call, State

_VERSION = re.compile(r'W/"([0-9]{1,18})"')
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_REFERENCE = re.compile("(?:Users|Groups)/[^/?#]+")


@dataclass(frozen=True, slots=True)
class _Record:
    """A resource as it is held.

    Attributes:
        kind: ``User`` or ``Group``.
        id: its identifier.
        content: its attributes, less those that the service sets itself.
        created: ``meta.created`` as it is answered.
        modified: ``meta.lastModified`` as it is answered.
        version: how often it was written.
        elsewhere: the groups that a user came with.
        members: the identifiers of a group's members.
    """

    kind: str
    id: str
    content: dict[str, Any]
    created: Any
    modified: Any
    version: int = 1
    elsewhere: list[Any] = field(default_factory=list[Any])
    members: frozenset[str] = frozenset()


class _Records:
    """The resources held, and which user names are taken."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, _Record]] = {kind: {} for kind in COLLECTIONS.values()}
        self._names: dict[str, str] = {}

    def put(self, record: _Record) -> None:
        """Keep a resource, in place of the one that has its identifier."""
        before = self.of[record.kind].get(record.id)
        if record.kind == "User":
            if before is not None:
                del self._names[_name(before.content)]
            self._names[_name(record.content)] = record.id
        else:
            record = replace(record, members=frozenset(_members(record.content)))
        self.of[record.kind][record.id] = record

    def has_name(self, content: Mapping[str, Any]) -> str | None:
        """Return the identifier of the user that has the name of another."""
        return self._names.get(_name(content))

    def groups(self, user_id: str) -> list[_Record]:
        """Return the groups that a user is a member of."""
        return [group for group in self.of["Group"].values() if user_id in group.members]


class PlainDirectory:
    """Users and groups in memory, behind the operations of SCIM. A subclass may differ in `accept` and `shown`.

    Args:
        base_url: the URL that locations start with.
        clock: the time of ``meta.created`` and ``meta.lastModified``.

    Attributes:
        versioned: whether resources have versions and ETags, and conditions on them are heeded.
    """

    versioned = True

    def __init__(self, base_url: str, clock: Clock) -> None:
        self.base_url = base_url
        self._clock = clock
        self._records = _Records()
        self._lock = Lock()

    # -- What a subclass may change ---------------------------------------

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept of a resource that comes in a body or a seed, or that a PATCH has made.

        Args:
            kind: ``User`` or ``Group``.
            body: the resource as JSON.

        Raises:
            RefusedError: when it is not valid, with every violation.
        """
        spec = schema(kind)
        faults: list[str] = []
        content = normal(spec.attributes, writable(body), faults)
        if (key := find(content, spec.required)) is None or content[key] == "":
            faults.append(f"{spec.required} is required")
        if faults:
            raise RefusedError(400, faults[0], faults)
        complete(spec, content)
        return content

    def shown(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Return what is answered of a resource: all of it. It never holds a password."""
        return resource

    # -- The protocol -----------------------------------------------------

    def load(self, state: State) -> None:
        """Replace all users and groups; see `Directory`."""
        records = _Records()
        seeding = Seeding(state)
        for where, kind, content in seeding:
            record = self._loaded(where, kind, content)
            seeding.claim(where, f"{kind} id {record.id!r}")
            if kind == "User":
                seeding.claim(where, f"userName {_name(record.content)!r}")
            records.put(record)
        with self._lock:
            self._records = records

    def dump(self) -> State:
        """Return the resources as they would be answered."""
        with self._lock:
            shown = {
                collection: [self._answered(record) for record in self._records.of[kind].values()]
                for collection, kind in COLLECTIONS.items()
            }
        return cast("State", shown)

    def perform(self, call: Call) -> Answer:
        """Do one operation; see `Directory`."""
        kind = COLLECTIONS[call.collection.lower()]
        with self._lock:
            if call.id is None:
                return self._create(kind, call)
            record = self._records.of[kind].get(call.id)
            if record is None:
                raise RefusedError(404, f"There is no {kind} with the id {line(repr(call.id))}")
            if self.versioned and not self._is_current(record, call):
                return Answer(304, self._headers(record))
            if call.method != "GET":
                record = self._write(record, call)
            return self._answer(200, record)

    # -- Writing ----------------------------------------------------------

    def _create(self, kind: str, call: Call) -> Answer:
        content = self.accept(kind, decode_object(call.body))
        self._check_name(kind, content, None)
        now = self._now()
        record = _Record(kind, str(uuid.uuid4()), content, now, now)
        self._records.put(record)
        answer = self._answer(201, record)
        answer.headers["Location"] = self._location(record)
        return answer

    def _write(self, record: _Record, call: Call) -> _Record:
        """Replace or change a resource. One that stays as it is keeps its version."""
        body = decode_object(call.body)
        if call.method == "PATCH":
            from maia_scim.sandbox.patching import apply  # many a test needs none

            operations = body.get(find(body, "Operations") or "")
            content = self.accept(record.kind, apply(record.content, operations, schema(record.kind)))
        else:
            content = self.accept(record.kind, body)
            password = find(record.content, "password")
            if password is not None and find(body, "password") is None:
                content[password] = record.content[password]  # no client can send back what it never got
        self._check_name(record.kind, content, record.id)
        if same(self._absolute(content), self._absolute(record.content)):
            return record
        record = replace(record, content=content, version=record.version + 1, modified=self._now())
        self._records.put(record)
        return record

    def _check_name(self, kind: str, content: Mapping[str, Any], own: str | None) -> None:
        if kind == "User" and self._records.has_name(content) not in (None, own):
            name = required(schema(kind), content)
            raise RefusedError(409, f"userName {line(repr(name))} is taken")

    def _loaded(self, where: str, kind: str, content: object) -> _Record:
        """Return the resource of a seed."""
        if not is_object(content):
            name = type(content).__name__
            raise ValueError(f"{where}: a JSON object is needed, not {name}")
        faults: list[str] = []
        own: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        try:
            body = decode_object(encode(content))  # a copy, and JSON for sure
            given = {key.lower(): value for key, value in body.items() if key.lower() in READ_ONLY}
            own = normal(schema(kind).attributes, given, faults)
            kept = self.accept(kind, body)
        except RefusedError as refusal:
            faults += refusal.violations or [refusal.detail]
        except (TypeError, ValueError, RecursionError) as error:
            faults.append(str(error))
        if faults:
            raise ValueError(f"{where}: {'; '.join(faults)}")
        meta = {key.lower(): value for key, value in own.get("meta", {}).items()}
        version = _VERSION.fullmatch(meta.get("version", ""))
        return _Record(
            kind,
            own.get("id") or str(uuid.uuid4()),
            kept,
            meta.get("created") or self._now(),
            meta.get("lastmodified") or self._now(),
            int(version[1]) if version else 1,
            own.get("groups", []),
        )

    # -- Answering --------------------------------------------------------

    def _answer(self, status: int, record: _Record) -> Answer:
        headers = {"Content-Type": "application/json", **self._headers(record)}
        return Answer(status, headers, encode(self._answered(record)))

    def _headers(self, record: _Record) -> dict[str, str]:
        headers = {"Content-Location": self._location(record)}
        if self.versioned:
            headers["ETag"] = _etag(record)
        return headers

    def _answered(self, record: _Record) -> dict[str, Any]:
        content = record.content
        if (password := find(content, "password")) is not None:
            content = {key: value for key, value in content.items() if key != password}
        resource = {"id": record.id, **content}
        if record.kind == "User" and (groups := self._groups(record)):
            resource["groups"] = groups
        resource["meta"] = {
            "resourceType": record.kind,
            "created": record.created,
            "lastModified": record.modified,
            "location": self._location(record),
        }
        if self.versioned:
            resource["meta"]["version"] = _etag(record)
        return self.shown(self._absolute(resource))

    def _groups(self, user: _Record) -> list[Any]:
        """Return the groups that a user is a member of, after those of elsewhere that it came with."""
        known = self._records.of["Group"]
        elsewhere = [each for each in user.elsewhere if each.get(find(each, "value")) not in known]
        return elsewhere + [
            {
                "value": group.id,
                "$ref": self._location(group),
                "display": required(schema("Group"), group.content),
                "type": "DIRECT",
            }
            for group in self._records.groups(user.id)
        ]

    def _absolute(self, value: Any) -> Any:
        """Copy JSON, its relative references made absolute (RFC 7643 §2.3.7): no seed knows the port to come."""
        if is_array(value):
            return [self._absolute(item) if isinstance(item, dict) else item for item in value]
        content = {key: self._absolute(item) if isinstance(item, dict | list) else item for key, item in value.items()}
        reference = content.get("$ref")
        if isinstance(reference, str) and _REFERENCE.fullmatch(reference):
            content["$ref"] = f"{self.base_url}/{reference}"
        return content

    def _location(self, record: _Record) -> str:
        return f"{self.base_url}/{record.kind}s/{quote(record.id, safe='')}"

    def _now(self) -> str:
        moment = self._clock.moment()
        whole = moment.microsecond < 1000  # as Java's Instant writes it
        return moment.isoformat(timespec="seconds" if whole else "milliseconds").replace("+00:00", "Z")

    def _is_current(self, record: _Record, call: Call) -> bool:
        """Tell whether the client lacks what it asks for; a stale condition on a write is an error (RFC 9110 §13)."""
        required_tag, known_tag = (call.headers.get(name, "").strip() for name in ("if-match", "if-none-match"))
        stale = required_tag and not _names_version(required_tag, record)
        known = known_tag and _names_version(known_tag, record)
        if stale or (known and call.method != "GET"):
            raise RefusedError(412, f"The {record.kind} has another version by now: {_etag(record)}")
        return not known


def _name(content: Mapping[str, Any]) -> str:
    """Return a user's name as names are compared (RFC 7643 §4.1.1)."""
    return required(schema("User"), content).casefold()


def _members(group: Mapping[str, Any]) -> list[str]:
    members: list[dict[str, Any]] = group.get(find(group, "members") or "") or []
    values = (member.get(find(member, "value") or "") for member in members)
    return [value for value in values if isinstance(value, str)]


def _etag(record: _Record) -> str:
    return f'W/"{record.version}"'


def _names_version(field_value: str, record: _Record) -> bool:
    """Tell whether the tags of a condition name a version, by the weak comparison: all versions here are weak."""
    return field_value == "*" or str(record.version) in _TAG.findall(field_value)
