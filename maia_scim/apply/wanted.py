"""What a user is to be: the one that the service holds, with what a row says put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_public_api.values import copy_json

from maia_scim import patched
from maia_scim.diff import Change, diff, is_array, is_object
from maia_scim.resources import named

from .columns import CORE as CORE_SCHEMAS
from .columns import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .columns import Target
    from .model import Setting

Json = dict[str, Any]
# What the service sets itself, and what goes along with an extension.
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
_NOT_CHANGED = frozenset({"id", "meta", "groups", "schemas"})


def changes_of(held: Mapping[str, Any], settings: Iterable[Setting]) -> tuple[Change, ...]:
    """Tell what a row changes in a user, by leaf path; an array is one value.

    Args:
        held: JSON of the user as the service holds it.
        settings: What the row says.
    """
    wanted: Json = copy_json(dict(held))
    for setting in settings:
        _put(wanted, setting.target, setting.value)
    return tuple(change for change in diff(held, wanted) if _counts(change))


def _counts(change: Change) -> bool:
    if change.before == "" and change.after is None:
        return False  # to clear what is empty
    return not is_boolean_as_text(change) and names(change.path)[0].lower() not in _NOT_CHANGED


def is_boolean_as_text(change: Change) -> bool:
    """Whether both values are the same boolean: some services give it as text."""
    return isinstance(change.after, bool) and str(change.before).lower() == str(change.after).lower()


def changed(held: Mapping[str, Any], changes: Iterable[Change]) -> Json:
    """Make changes in a user, and nothing else.

    Args:
        held: JSON of the user; it is not changed.
        changes: What to change, by leaf path.

    Returns:
        The user with each value as it is to be. What is cleared stands as an explicit null or ``[]``. An extension that
        is new is listed in ``schemas`` (RFC 7643 section 3).
    """
    wanted: Json = copy_json(dict(held))
    for change in changes:
        *above, last = _steps(wanted, change.path)
        place = wanted
        for name in above:
            place = _inner(place, name)
        key = named(place, last) or last
        cleared: Any = [] if is_array(place.get(key)) else None
        place[key] = cleared if change.after is None else copy_json(change.after)
    _list_extensions(wanted)
    return wanted


def created(changes: Iterable[Change]) -> Json:
    """A new user, with what changes put into it (RFC 7643 section 3: ``schemas`` lists what it holds)."""
    return changed({"schemas": [CORE]}, changes)


def value_at(user: Mapping[str, Any], path: str) -> Any:
    """The value at a leaf path; None if there is none."""
    value: Any = user
    for name in _steps(user, path):
        key = named(value, name) if is_object(value) else None
        value = value[key] if key is not None else None
    return value


def without_password(user: Json) -> Json:
    """A user as it may go to a file; no service should answer a password, and none goes there."""
    return {name: value for name, value in user.items() if name.lower() != "password"}


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same to SCIM."""
    return not diff({"_": one}, {"_": other})


def same(one: Any, other: Any) -> bool:
    """The same, of what some services have as text and others as booleans, too."""
    return equal(one, other) or is_boolean_as_text(Change("", one, other)) or is_boolean_as_text(Change("", other, one))


def _steps(user: Mapping[str, Any], path: str) -> list[str]:
    """The keys that lead to a leaf path. Of an extension that the user has, it is known where its URN ends."""
    fitting = [key for key in user if ":" in key and f"{path.lower()}:".startswith(f"{key.lower()}:")]
    key = max(fitting, key=len, default=None)
    if key is None:
        return names(path)
    return [key, *path[len(key) + 1 :].split(".")] if len(path) > len(key) else [key]


def names(path: str) -> list[str]:
    """The keys that lead to a leaf path; the URN or URL of an extension is one (RFC 7644 section 3.10)."""
    if ":" not in path or path.lower().startswith(CORE_SCHEMAS):
        return patched.names(path)
    if SCHEMA.fullmatch(path):
        return [path]
    extension, _, rest = path.rpartition(":")
    return [extension, *rest.split(".")]


def _put(user: Json, target: Target, value: Any) -> None:
    """Put the value of a row into a user."""
    place = user if target.extension is None else _inner(user, target.extension)
    if target.sub is None:
        place[named(place, target.attribute) or target.attribute] = value
    elif target.type is None:
        inner = _inner(place, target.attribute)
        inner[named(inner, target.sub) or target.sub] = value
    else:
        _put_item(place, target, target.type, target.sub, value)


def _put_item(place: Json, target: Target, type: str, sub: str, value: Any) -> None:
    """Put a value into the item of an array that is of a type: of several, into the primary one, or else the first."""
    key = named(place, target.attribute) or target.attribute
    held = place.get(key)
    items: list[Any] = held if is_array(held) else []
    fitting = [item for item in items if is_object(item) and _is_of(item, type)]
    item = next((item for item in fitting if _is_primary(item)), fitting[0] if fitting else None)
    if item is None:
        if value is not None:
            place[key] = [*items, {sub: value, "type": type}]
    elif value is None and sub == "value":
        place[key] = [each for each in items if each is not item]
    elif value is None:
        item.pop(named(item, sub) or sub, None)
    else:
        item[named(item, sub) or sub] = value


def _is_of(item: Json, type: str) -> bool:
    own = item.get(named(item, "type") or "type")
    return isinstance(own, str) and own.casefold() == type.casefold()


def _is_primary(item: Json) -> bool:
    return str(item.get(named(item, "primary") or "primary")).lower() == "true"


def _inner(place: Json, name: str) -> Json:
    """The object at a name, made if there is none."""
    key = named(place, name) or name
    if not is_object(place.get(key)):
        place[key] = {}
    inner: Json = place[key]
    return inner


def _list_extensions(user: Json) -> None:
    extensions = [name for name, value in user.items() if ":" in name and is_object(value) and value]
    key = named(user, "schemas")
    listed: list[Any] = user[key] if key is not None and is_array(user[key]) else []
    known = {str(urn).lower() for urn in listed}
    if missing := [urn for urn in extensions if urn.lower() not in known]:
        user[key or "schemas"] = [*(listed or [CORE]), *missing]
