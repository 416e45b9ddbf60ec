"""PATCH operations: made, checked before anything is sent, and written as RFC 7644 section 3.5.2 has it.

A path is an attribute (``title``), a sub-attribute (``name.givenName``) or items of an array, found by a filter
(``emails[type eq "work"]``, ``emails[type eq "work"].value``); before each may be the URN of an extension
(``urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department``). ``False``, ``0``, ``""`` and ``[]`` are
values like others and go out; None is no value, and ``clear`` is for that. Errors show paths, but no values.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from .diff import is_array, is_object
from .text import is_text, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .diff import Change
    from .models import PatchOperation

    Operations = Iterable[PatchOperation | Iterable[PatchOperation]]
    Kind = Literal["resource", "extension", "attribute", "leaf", "unclear"]

READ_ONLY = frozenset({"id", "meta", "groups"})
"""What a service sets itself in a user (RFC 7643 sections 3.1 and 4.1.2), in lower case."""

# RFC 7644 section 3.5.2, figure 7, and section 3.4.2.2. $ref is the one name that begins otherwise (RFC 7643, 2.4).
_NAME = r"[A-Za-z][A-Za-z0-9_$-]*"
_SUB = rf"\.(?:{_NAME}|\$ref)"
_ATTRIBUTE = re.compile(rf'(?:(?P<uri>[A-Za-z][A-Za-z0-9+.-]*:[^\s"()\[\]]+):)?(?P<name>{_NAME}|\$ref)(?P<sub>{_SUB})?')
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"'
_VALUE = rf"(?-i:{_TEXT}|true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_COMPARE = "eq|ne|co|sw|ew|gt|ge|lt|le"
_TOKEN = re.compile(rf' *({_TEXT}|[^ "()\[\]]+|[()\[\]])')
# In a filter: what may stand where, with what comes after it; and what to say of anything else.
_FILTER: dict[str, tuple[str, dict[str, str]]] = {
    "attribute": (
        'an attribute belongs, as in [type eq "work" and primary eq true]',
        {r"\(": "attribute", "not": "parenthesis", _ATTRIBUTE.pattern: "operator"},
    ),
    "parenthesis": ("a parenthesis belongs, as in [not (primary eq true)]", {r"\(": "attribute"}),
    "operator": (f"one of {_COMPARE}|pr belongs", {"pr": "and/or", _COMPARE: "value"}),
    "value": ('a text in double quotes ("work"), true, false, null or a number belongs', {_VALUE: "and/or"}),
    "and/or": ("it should end, or go on by and or or", {r"\)": "and/or", "and|or": "attribute", r"\]": "end"}),
}
_NO_PATH = 'that is no path, such as title, name.givenName, emails[type eq "work"].value or urn:…:User:department'
_CORE = "urn:ietf:params:scim:schemas:core:"
_SCHEMA = re.compile(r"urn:.+:\d+(?:\.\d+)+:[^:.]+", re.IGNORECASE)  # as RFC 7643 section 10.3 forms them


# Making operations.


def add(path: str | None, value: Any) -> PatchOperation:
    """Add items to an array, or set what has no value yet (RFC 7644 section 3.5.2.1).

    Args:
        path: What to add to. With None, ``value`` is an object of attributes.
        value: What to add: JSON, or a model. The operation has a copy.

    Raises:
        ValueError: If it is no path, there is no value, or the value cannot be written as JSON.
    """
    operation = _made("add", path, value)
    del value  # no traceback shows it
    return _sound(operation)


def replace(path: str | None, value: Any) -> PatchOperation:
    """Set a value, whatever was there (RFC 7644 section 3.5.2.3). Some services clear what a complex value omits.

    Args:
        path: What to set. With None, ``value`` is an object of attributes.
        value: Its new value: JSON, or a model. The operation has a copy.

    Raises:
        ValueError: As ``add``.
    """
    operation = _made("replace", path, value)
    del value
    return _sound(operation)


def remove(path: str) -> PatchOperation:
    """Remove an attribute, or the items that a filter finds (RFC 7644 section 3.5.2.2).

    Raises:
        ValueError: If it is no path.
    """
    return _sound(_made("remove", path, None))


def clear(path: str) -> PatchOperation:
    """Leave an attribute without a value, which in SCIM is the same as to remove it."""
    return remove(path)


def set_value(path: str | None, value: Any) -> tuple[PatchOperation, ...]:
    """Set a value and nothing beside it: of a complex one, each sub-attribute by an operation of its own.

    Args:
        path: What to set: an attribute, or the URN of an extension. With None, ``value`` is an object of attributes.
        value: Its new value: JSON, or a model. A sub-attribute that is None is removed.

    Raises:
        ValueError: As ``add``; also if there is nothing in ``value``, or it does not show whether a URN is that of an
            extension or of an attribute in one.
    """
    from maia_public_api.base import Model

    kind = _kind(path)
    leaves = _spread(path, value.to_dict() if isinstance(value, Model) else value, kind)
    operations = [_made("remove" if at != path and leaf is None else "replace", at, leaf) for at, leaf in leaves]
    del value, leaves
    if not operations:
        raise ValueError(f"there is nothing in the value for {path!r}: to clear it, use clear({path!r})")
    if kind == "unclear" and is_object(operations[0].value):
        raise ValueError(f"{path!r} may be an extension or in one: if it is one, use set_value(None, {{{path!r}: …}})")
    return tuple(map(_sound, operations))


def add_email(
    value: str, *, type: str | None = "work", primary: bool | None = None, display: str | None = None
) -> PatchOperation:
    """Add an email address (RFC 7643 section 4.1.2) to those there are; a primary one makes the others secondary."""
    email: dict[str, Any] = {"value": value, "type": type, "primary": primary, "display": display}
    if not (isinstance(email["value"], str) and value.strip()):
        raise ValueError("value is no email address")
    return add("emails", [{name: each for name, each in email.items() if each is not None}])


def make_primary(attribute: str, value: str) -> PatchOperation:
    """Make the item of an array (``emails``, …) that has a value the primary one.

    The service makes the one that was primary secondary (RFC 7644 section 3.5.2).
    """
    return replace(f"{item(attribute, value)}.primary", True)


def item(attribute: str, value: str | float, *, by: str = "value") -> str:
    """The path of the items of an array by what they have: ``remove(item("members", user_id))``.

    Args:
        attribute: The array.
        value: What the items have; quoted as RFC 7644 section 3.4.2.2 asks for it.
        by: The sub-attribute that has it.

    Raises:
        TypeError: If the value is of a kind that no filter compares with.
    """
    if not isinstance(value, str | int | float):
        raise TypeError(f"value is a {type(value).__name__}: a filter compares with text, a number or a boolean")
    return f"{attribute}[{by} eq {json.dumps(value, ensure_ascii=False)}]"


def from_changes(changes: Iterable[Change]) -> tuple[PatchOperation, ...]:
    """The operations that make changes (``users.diff``), each by its leaf path; none for what is read-only.

    Raises:
        ValueError: If PATCH has no path for one, as for an object deep within another.
    """
    return tuple(
        remove(change.path) if change.after is None else replace(change.path, change.after)
        for change in changes
        if change.path.partition(".")[0].lower() not in READ_ONLY
    )


# Checking operations.


def validate(operations: Operations, *, read_only: Iterable[str] = READ_ONLY) -> list[dict[str, Any]]:
    """Check operations before they are sent.

    Args:
        operations: Operations, and tuples or lists of them.
        read_only: Attributes that the service sets itself.

    Returns:
        The JSON to send, in the RFC's form: ``op`` in lower case, filters with single spaces.

    Raises:
        ValueError: If there is none, or one that is wrong. The message says which, why, and what to write instead.
        TypeError: If one is no ``PatchOperation``.
    """
    flat = flatten(operations)
    if not flat:
        raise ValueError("there is no operation: a PATCH needs one at least")
    fixed = frozenset(map(str.lower, read_only))
    for number, operation in enumerate(flat, 1):
        if fault := _fault(operation, fixed):
            raise ValueError(f"operation {number}: {fault}")
    return [_json(operation) for operation in flat]


def flatten(operations: Operations) -> list[PatchOperation]:
    """One list of operations, and of tuples or lists of them.

    Raises:
        TypeError: If one is no ``PatchOperation``.
    """
    from .models import PatchOperation

    flat: list[Any] = []
    given: Iterable[Any] = (operations,) if isinstance(operations, PatchOperation) else operations
    for each in given:
        flat.extend(each if hasattr(each, "__iter__") and not hasattr(each, "keys") else (each,))
    for number, operation in enumerate(flat, 1):
        if not isinstance(operation, PatchOperation):
            raise TypeError(
                f"operation {number} is a {type(operation).__name__}, not a PatchOperation: make one with add, "
                "replace or remove of maia_scim.patch, or from JSON with PatchOperation.from_dict(…)"
            )
    return flat


def _made(op: str, path: str | None, value: Any) -> PatchOperation:
    from .models import PatchOperation, PatchOperationOp

    return PatchOperation(op=PatchOperationOp(op), path=path, value=value)


def _sound(operation: PatchOperation) -> PatchOperation:
    if fault := _fault(operation, frozenset()):
        raise ValueError(fault)
    written = _json(operation)
    operation.path, operation.value = written.get("path"), written.get("value")
    return operation


def _json(operation: PatchOperation) -> dict[str, Any]:
    from maia_public_api.base import dump

    written: dict[str, Any] = {"op": str(operation.op).lower()}
    if operation.path is not None:
        written["path"] = _read_path(operation.path)[1]
    if operation.value is not None:
        written["value"] = value = dump("value", operation.value)
        # "primary": null is left out: some servers answer it with a 400 or a 500.
        for each in (value, *(value.values() if is_object(value) else ())):
            for one in each if is_array(each) else [each]:
                if is_object(one) and one.get("primary", ...) is None:
                    del one["primary"]
    return written


def _fault(operation: PatchOperation, read_only: frozenset[str]) -> str | None:
    op, path = str(operation.op).lower(), operation.path
    if op not in ("add", "remove", "replace"):
        return f"op is {line(repr(str(operation.op)))}: it must be add, remove or replace"
    what = op if path is None else f"{op} {line(repr(path))}"
    if operation.additional_keys:
        return f"{what} has {line(repr(operation.additional_keys))}, but an operation has op, path and value only"
    try:
        attribute = None if path is None else _read_path(path)[0]
    except ValueError as error:
        return f"{what}: {error}"
    if attribute and attribute["name"].lower() in read_only and (attribute["uri"] or _CORE).lower().startswith(_CORE):
        return f"{what}: {attribute['name']} is read-only, the service sets it itself"
    if op != "remove":
        fault = _value_fault(op, path, operation.value, read_only)
        return fault and f"{what} {fault}"
    if path is None:
        return "remove has no path: say what to remove, as in remove('title')"
    if operation.value is not None:
        return f"{what} has a value, and would remove more than that: name it in the path, as in {item('members', '…')}"
    return None


def _value_fault(op: str, path: str | None, value: Any, read_only: frozenset[str]) -> str | None:
    from maia_public_api.base import dump

    if value is None:
        return f"has no value: to leave an attribute without one, use clear({path or '…'!r})"
    try:
        written = dump("value", value)
        json.dumps(written, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        return "has a value that nests too deep, or holds itself"
    except TypeError as error:
        return f"has a value that is no JSON: {error}"
    except ValueError:
        return "has a value that is no JSON: NaN, infinity, half a character (a surrogate), or too many digits"
    if path is not None:
        return None
    if not is_object(written) or not written:
        return f"has no path: it needs one, or as its value an object of attributes, as in {op}(None, {{'title': …}})"
    faults = (_member_fault(op, each, inner, read_only) for each, inner in written.items())
    return next(filter(None, faults), None)


def _member_fault(op: str, name: Any, value: Any, read_only: frozenset[str]) -> str | None:
    """What is wrong with an attribute of an operation without a path."""
    name, shown = str(name), line(repr(name))
    if name.lower() in read_only:
        return f"sets {shown}, which is read-only: leave it out"
    if better := _spelled(name):
        return f"sets {shown}: SCIM spells it {better!r}"
    extension = ":" in name and (value is None or is_object(value)) and not _SCHEMA.fullmatch(name.rpartition(":")[0])
    if extension or re.fullmatch(_NAME, name):
        return None
    return f"sets {shown}, which is no attribute's name: a path has an operation of its own, as in {op}({shown}, …)"


# Reading paths.


def _read_path(path: Any) -> tuple[re.Match[str], str]:
    """The attribute that a path begins with, and the path as the RFC spells it (section 3.5.2, figure 7)."""
    if not is_text(path):
        raise ValueError("the path is no text that UTF-8 can write")
    head, bracket, rest = path.partition("[")
    attribute = _ATTRIBUTE.fullmatch(head)
    if attribute is None:
        deep = re.match(rf"({_NAME}{_SUB})\.", head)
        raise ValueError(f"a path ends at a sub-attribute: set {deep[1]!r} as a whole" if deep else _NO_PATH)
    if better := _spelled(head):
        raise ValueError(f"SCIM spells it {better!r}")
    if not bracket:
        return attribute, path
    found, rest = _read_filter(rest)
    if rest and not re.fullmatch(_SUB, rest):
        raise ValueError(f"after the filter comes a sub-attribute, as in {head}[{found}].value, or nothing")
    return attribute, f"{head}[{found}]{rest}"


def _read_filter(text: str) -> tuple[str, str]:
    """A filter up to its closing bracket (section 3.4.2.2), in single spaces; and what follows."""
    said, at, depth, expected = "", 0, 0, "attribute"
    while token := _TOKEN.match(text, at):
        word, at = token[1], token.end()
        told, steps = _FILTER[expected]
        after = next((then for form, then in steps.items() if re.fullmatch(form, word, re.IGNORECASE | re.ASCII)), None)
        depth += (word == "(") - (word == ")")
        if after is None or depth < 0 or (after == "end" and depth):
            raise ValueError(f"in its filter stands {line(word)} where {told}")
        if after == "end":
            return said, text[at:]
        if expected in ("operator", "and/or") or after == "parenthesis":
            word = word.lower()
        said, expected = said + (word if not said or said[-1] == "(" or word == ")" else f" {word}"), after
    raise ValueError("its filter does not end: a closing bracket or quote is missing")


def _spelled(name: str) -> str | None:
    """How SCIM spells an attribute that is spelled as in Python: ``displayName`` for ``display_name``."""
    if "_" not in name:
        return None
    from .models import Name, ScimGroup, ScimUser

    better = re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)
    if any(not model.from_dict({better: None}).additional_keys for model in (ScimUser, ScimGroup)):
        return better
    given = better.removeprefix("name.")
    return None if Name.from_dict({given: None}).additional_keys else f"name.{given}"


def _kind(path: str | None) -> Kind:
    """What stands at a path, as far as longer paths lead into it."""
    if path is None:
        return "resource"
    try:
        attribute, bare = _read_path(path)
    except ValueError:
        return "leaf"  # told when the operation is made
    if attribute["sub"] or bare.rpartition("]")[2].startswith("."):
        return "leaf"
    if not attribute["uri"] or _SCHEMA.fullmatch(attribute["uri"]):
        return "attribute"
    return "extension" if _SCHEMA.fullmatch(bare) else "unclear"


def _spread(path: str | None, value: Any, kind: Kind) -> Iterator[tuple[str | None, Any]]:
    """The leaves of a value, each with its path."""
    if not is_object(value) or kind in ("leaf", "unclear"):
        yield path, value
        return
    mark = {"resource": "", "extension": ":", "attribute": "."}[kind]
    for name, inner in value.items():
        below: Kind = "leaf" if kind == "attribute" else "extension" if ":" in str(name) else "attribute"
        yield from _spread(f"{path or ''}{mark}{name}", inner, below)


__all__ = [
    "READ_ONLY",
    "add",
    "add_email",
    "clear",
    "flatten",
    "from_changes",
    "item",
    "make_primary",
    "remove",
    "replace",
    "set_value",
    "validate",
]
