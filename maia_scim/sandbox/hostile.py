"""The personality ``hostile``: answers in the odd ways that servers are known for, one trick an answer, in turn.

Each answer names its trick in the header ``X-Sandbox-Trick``. Only answers are odd: what is sent is kept as the default
personality keeps it, except that ``If-Match`` is not heeded.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from itertools import cycle
from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.digits import decode, encode
from maia_scim.sandbox.directory import DATES, RefusedError
from maia_scim.sandbox.exchange import Answer
from maia_scim.sandbox.faults import HTML, SCIM_ERROR
from maia_scim.sandbox.plain import PlainDirectory
from maia_scim.sandbox.schema import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from maia_scim.sandbox.clock import Clock
    from maia_scim.sandbox.directory import Call, State

TRICK = "X-Sandbox-Trick"


class HostileDirectory(PlainDirectory):
    """Users and groups, badly told of.

    Args:
        base_url: the URL that locations start with.
        clock: the time of ``meta.created`` and ``meta.lastModified``.
    """

    def __init__(self, base_url: str, clock: Clock) -> None:
        super().__init__(base_url, clock)
        self._begin()

    def _begin(self) -> None:
        self._tricks = cycle(TRICKS.items())
        self._refusals = cycle(REFUSALS.items())

    def load(self, state: State) -> None:
        """Replace all users and groups, and begin with the first trick; see `Directory`."""
        super().load(state)
        self._begin()

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take back what a trick gave; see `PlainDirectory`."""
        given = body.get("entitlements")
        if is_array(given):
            body = {**body, "entitlements": [item for item in given if is_object(item)]}
        return super().accept(kind, body)

    def perform(self, call: Call) -> Answer:
        """Do one operation as asked, and answer it oddly."""
        headers = {name: value for name, value in call.headers.items() if name not in ("if-match", "if-none-match")}
        try:
            answer = super().perform(type(call)(call.method, call.collection, call.id, headers, call.body))
        except RefusedError as refusal:
            name, refuse = next(self._refusals)
            answer = refuse(refusal)
        else:
            name, play = next(self._tricks)
            resource = decode(answer.body)
            answer.headers = {name: value for name, value in answer.headers.items() if name != "Location"}
            answer.status = 200  # for what was created, too
            play(resource, answer)
            answer.body = encode(resource)
        answer.headers[TRICK] = name
        return answer


# -- Tricks: each changes an answer's JSON or headers in place ----------------


def _no_meta(resource: dict[str, Any], _: Answer) -> None:
    del resource["meta"]


def _null_meta(resource: dict[str, Any], _: Answer) -> None:
    resource["meta"] = None


def _empty_meta(resource: dict[str, Any], _: Answer) -> None:
    resource["meta"] = {}


def _nulls(resource: dict[str, Any], _: Answer) -> None:
    for name in ("nickName", "name", "emails", "groups", "active", "members", "preferredLanguage"):
        if find(resource, name) is None:
            resource[name] = None


def _empty_arrays(resource: dict[str, Any], _: Answer) -> None:
    for name in ("emails", "ims", "roles", "x509Certificates", "members"):
        if find(resource, name) is None:
            resource[name] = []


def _dates(form: Callable[[datetime], Any]) -> Callable[[dict[str, Any], Answer], None]:
    def play(resource: dict[str, Any], _: Answer) -> None:
        meta: dict[str, Any] = resource["meta"]
        for name in DATES:
            with contextlib.suppress(TypeError, ValueError):  # a seed's own kind of date stays
                meta[name] = form(datetime.fromisoformat(meta[name]).astimezone(UTC))

    return play


def _booleans_as_text(resource: dict[str, Any], _: Answer) -> None:
    for item in [resource, *_items(resource)]:
        for name in ("active", "primary"):
            if isinstance(item.get(name), bool):
                item[name] = str(item[name])


def _types(form: Callable[[str], str]) -> Callable[[dict[str, Any], Answer], None]:
    def play(resource: dict[str, Any], _: Answer) -> None:
        for item in _items(resource):
            if isinstance(item.get("type"), str):
                item["type"] = form(item["type"])

    return play


def _plain_ref(resource: dict[str, Any], _: Answer) -> None:
    for item in _items(resource):
        if "$ref" in item:
            item["ref"] = item.pop("$ref")


def _text_among_objects(resource: dict[str, Any], _: Answer) -> None:
    resource["entitlements"] = [*resource.get("entitlements", []), "Expense"]


def _version_as_number(resource: dict[str, Any], answer: Answer) -> None:
    resource["meta"]["version"] = int(resource["meta"]["version"].strip('W/"'))
    answer.headers.pop("ETag", None)


def _unknown_attributes(resource: dict[str, Any], _: Answer) -> None:
    resource["_links"] = {"self": {"href": "/"}, "next": None}
    resource["urn:example:params:scim:schemas:extension:audit:2.0:Trail"] = {"seen": [1, 2.50, None], "by": {}}


def _names_in_another_case(resource: dict[str, Any], _: Answer) -> None:
    for name in ("displayName", "userName", "emails", "externalId"):
        if (key := find(resource, name)) is not None:
            resource[name[0].upper() + name[1:]] = resource.pop(key)


def _scim_json(_: dict[str, Any], answer: Answer) -> None:
    answer.headers["Content-Type"] = "application/scim+json; charset=utf-8"


def _no_content_type(_: dict[str, Any], answer: Answer) -> None:
    del answer.headers["Content-Type"]


def _items(resource: dict[str, Any]) -> list[dict[str, Any]]:
    arrays = [value for value in resource.values() if is_array(value)]
    return [item for array in arrays for item in array if is_object(item)]


TRICKS: dict[str, Callable[[dict[str, Any], Answer], None]] = {
    "meta absent": _no_meta,
    "meta null": _null_meta,
    "meta empty": _empty_meta,
    "null for what is unassigned": _nulls,
    "empty arrays for what is unassigned": _empty_arrays,
    "dates as arrays": _dates(lambda moment: [*moment.timetuple()[:6], moment.microsecond * 1000]),
    "dates as milliseconds": _dates(lambda moment: round(moment.timestamp() * 1000)),
    "dates with nine digits and an offset": _dates(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.123456789+00:00"),
    "dates without a zone": _dates(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}"),
    "dates empty": _dates(lambda _: ""),
    "booleans as text": _booleans_as_text,
    "types in another case": _types(str.swapcase),
    "types unknown": _types(lambda text: f"X-{text}"),
    "ref without its dollar": _plain_ref,
    "text among objects": _text_among_objects,
    "version as number": _version_as_number,
    "unknown attributes": _unknown_attributes,
    "names in another case": _names_in_another_case,
    "application/scim+json": _scim_json,
    "no content type": _no_content_type,
}
"""What is done to the answers, in this order."""


# -- Refusals -----------------------------------------------------------------


def _scim_error(refusal: RefusedError) -> Answer:
    content = {"schemas": [SCIM_ERROR], "status": str(refusal.status), "detail": refusal.detail}
    return Answer(refusal.status, {"Content-Type": "application/scim+json"}, json.dumps(content).encode())


def _html(refusal: RefusedError) -> Answer:
    return Answer(refusal.status, {"Content-Type": "text/html"}, HTML)


def _nothing(refusal: RefusedError) -> Answer:
    return Answer(refusal.status)


def _text(refusal: RefusedError) -> Answer:
    return Answer(refusal.status, {"Content-Type": "application/problem+json"}, json.dumps(refusal.detail).encode())


def _odd_problem(refusal: RefusedError) -> Answer:
    content = {"status": "four hundred", "title": None, "detail": {"text": refusal.detail}, "violations": "many"}
    return Answer(refusal.status, {"Content-Type": "application/problem+json"}, json.dumps(content).encode())


REFUSALS: dict[str, Callable[[RefusedError], Answer]] = {
    "a SCIM Error": _scim_error,
    "a page of HTML": _html,
    "nothing": _nothing,
    "text as problem": _text,
    "a problem of other types": _odd_problem,
}
"""What errors look like, in this order."""
