"""PATCH operations applied to plain JSON (RFC 7644 §3.5.2), in the forms that SCIM clients are known to send.

Entra writes ``op`` in capitals, ``"True"`` for true, paths as the keys of an operation without a path, and removes
items by a list of values. Okta leaves the path out. All of it does what those clients mean by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from maia_public_api.values import copy_json, same

from maia_scim.diff import is_array, is_object
from maia_scim.sandbox.directory import RefusedError
from maia_scim.sandbox.paths import Fault, read
from maia_scim.sandbox.schema import assigned, find, is_urn, required

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from maia_scim.sandbox.filters import Filter
    from maia_scim.sandbox.paths import Target
    from maia_scim.sandbox.schema import Schema
    from maia_scim.schema import Attribute

Op = Literal["add", "replace", "remove"]
_OPS: dict[str, Op] = {"add": "add", "replace": "replace", "remove": "remove"}
_SCHEMAS = frozenset({"schemas"})


@dataclass(frozen=True, slots=True)
class _Place:
    """An attribute, its key as it is or will be spelled, what the specification says of it, and what it lies in."""

    holder: dict[str, Any]
    key: str
    attribute: Attribute | None = None
    parent: str = ""

    @property
    def value(self) -> Any:
        return self.holder.get(self.key)

    @property
    def items(self) -> list[Any] | None:
        """The items of an array, ``None`` of what is none."""
        value: Any = self.value
        if is_array(value):
            return value
        return [] if self.attribute is not None and self.attribute.many else None

    def put(self, value: Any) -> None:
        """Set the value; one that is empty unassigns the attribute (RFC 7643 §2.5)."""
        if value is None or value in ([], {}):
            self.holder.pop(self.key, None)
        else:
            self.holder[self.key] = value

    def within(self, holder: dict[str, Any], name: str) -> _Place:
        """Return a sub-attribute of the value, or of an item of it."""
        return _place(holder, name, self.attribute.parts if self.attribute else {}, f"{self.key}.")


def _place(holder: dict[str, Any], name: str, attributes: Mapping[str, Attribute], parent: str = "") -> _Place:
    attribute = attributes.get(name.lower())
    return _Place(holder, find(holder, name) or (attribute.name if attribute else name), attribute, parent)


def apply(resource: Mapping[str, Any], operations: object, spec: Schema) -> dict[str, Any]:
    """Return what the operations of a PATCH make of a resource, which is left as it is.

    Args:
        resource: the resource as JSON.
        operations: the ``Operations`` of the request.
        spec: what the specification says of such resources.

    Raises:
        RefusedError: when one of them cannot be done, naming which and why.
    """
    if not is_array(operations) or not operations:
        raise RefusedError(400, "Operations: an array of one operation or more is needed (invalidSyntax)")
    patched: dict[str, Any] = copy_json(dict(resource))
    for number, operation in enumerate(operations):
        try:
            _operate(patched, copy_json(operation), spec)
        except Fault as fault:
            detail = f"Operations[{number}].{fault}"
            raise RefusedError(400, detail, [detail]) from fault
    return patched


def _operate(resource: dict[str, Any], operation: Any, spec: Schema) -> None:
    if not is_object(operation):
        raise Fault("op", "an operation is an object with op, path and value", "invalidSyntax")
    members = {key.lower(): value for key, value in operation.items()}
    op, path, value = members.get("op"), members.get("path"), members.get("value")
    op = _OPS.get(op.lower()) if isinstance(op, str) else None
    if op is None:
        raise Fault("op", "it must be add, replace or remove", "invalidSyntax")
    if op != "remove" and "value" not in members:
        raise Fault("value", f"{op} needs a value", "invalidValue")
    if path is not None:
        target = read(path, resource, spec)
        if target.is_read_only or (op == "remove" and target.is_one_of(_SCHEMAS) and target.chosen is None):
            raise Fault("path", f"{target.name} is the service's to set", "mutability")
        _carry_out(op, resource, target, value, spec)
    elif op == "remove":
        raise Fault("path", "remove needs a path", "noTarget")
    else:
        _merge(op, resource, value, spec)
    if not required(spec, resource):
        member = "value" if path is None else "path"
        raise Fault(member, f"{spec.required} is required: it cannot be left without a value", "mutability")


def _merge(op: Op, resource: dict[str, Any], value: Any, spec: Schema) -> None:
    """Do an operation on the resource itself. Okta puts its ``id`` in, others all that they have read."""
    if not is_object(value):
        raise Fault("value", "without a path, an object of attributes is needed", "invalidValue")
    for name, inner in value.items():
        target = read(name, resource, spec, "value")
        if not target.is_read_only and not target.is_one_of(_SCHEMAS):
            _carry_out(op, resource, target, inner, spec)


def _carry_out(op: Op, resource: dict[str, Any], target: Target, value: Any, spec: Schema) -> None:
    """Do an operation at a target."""
    if target.urn is not None:
        _change_extension(op, resource, target, value)
    elif target.name is None:
        if op == "remove":
            raise Fault(target.member, "PATCH does not remove the resource itself", "noTarget")
        _merge(op, resource, value, spec)
    else:
        place = _place(resource, target.name, spec.attributes)
        if place.attribute is None and place.key not in resource:
            raise Fault(target.member, f"a {spec.kind} has no attribute {target.name!r}", "invalidPath")
        _change_at(op, place, target, value)


def _change_extension(op: Op, resource: dict[str, Any], target: Target, value: Any) -> None:
    urn = cast("str", target.urn)
    extension = _Place(resource, find(resource, urn) or urn)
    inside: Any = extension.value or {}
    if not is_object(inside):
        raise Fault(target.member, f"{extension.key} holds no object", "noTarget")
    if target.name is not None:
        _change_at(op, _place(inside, target.name, {}), target, value)
        extension.put(inside)
    elif op == "remove" or value is None or is_object(value):
        _change(op, extension, value)
    else:
        raise Fault("value", f"{extension.key} needs an object", "invalidValue")


def _change_at(op: Op, place: _Place, target: Target, value: Any) -> None:
    """Do an operation at an attribute, and see that no more than one of its items is primary."""
    before = _primaries(place)
    if target.chosen is not None:
        _change_chosen(op, place, target, target.chosen, value)
    elif target.sub is not None:
        _change_part(op, place, target, target.sub, value)
    else:
        _change(op, place, value)
    new = [item for item in _primaries(place) if not any(item is each for each in before)]
    if len(new) > 1:
        raise Fault("value", f"{place.key}: one item at most is primary", "invalidValue")
    if new:  # RFC 7644 §3.5.2: then the one that was is no more
        for item in before:
            _place(item, "primary", {}).put(False)


def _primaries(place: _Place) -> list[dict[str, Any]]:
    # What nobody registered has a meaning of its own, and members of a group have none that is primary.
    items = place.items if place.attribute and "primary" in place.attribute.parts else None
    return [item for item in items or () if is_object(item) and _place(item, "primary", {}).value is True]


# -- Changing an attribute ----------------------------------------------------


def _change(op: Op, place: _Place, value: Any) -> None:
    """Change an attribute as a whole."""
    if op == "remove":
        _remove(place, value)
    elif value is None or value == []:
        if op == "replace":  # there is nothing to add
            place.put(None)
    elif place.items is not None:
        _change_items(op, place, value)
    elif is_object(value) and _is_complex(place):
        # RFC 7644 §3.5.2.3: "Sub-attributes that are not specified SHALL be left unchanged."
        inside: dict[str, Any] = place.value or {}
        for name, inner in value.items():
            _change(op, place.within(inside, name), inner)
        place.put(inside)
    else:
        place.put(_typed(place, value))


def _is_complex(place: _Place) -> bool:
    if place.value is not None:
        return is_object(place.value)
    return is_urn(place.key) if place.attribute is None else bool(place.attribute.parts)


def _change_items(op: Op, place: _Place, value: Any) -> None:
    """Add items to an array, or replace all of them. A single object stands for an array of it."""
    if not is_array(value):
        if place.attribute is None and op == "replace":
            place.put(value)
            return
        if place.attribute is None or is_object(value):
            value = [value]
    items: list[Any] = _typed(place, value)
    if op == "add":
        kept = list(place.items or ())
        there = {_referent(each, place) for each in kept}  # to compare each with each takes long in a large group
        for item in items:
            referent = _referent(item, place)
            known = any(_covers(each, item, place) for each in kept) if referent is None else referent in there
            if not known:
                kept.append(item)
                there.add(referent)
        items = kept
    place.put(items)


def _referent(item: Any, place: _Place) -> str | None:
    """The resource that an item refers to, such as a member of a group."""
    if place.attribute is None or "$ref" not in place.attribute.parts or not is_object(item):
        return None
    value = _within(item, "value")
    return value if isinstance(value, str) else None


def _covers(item: Any, added: Any, place: _Place) -> bool:
    """Tell whether an item is there already: with all that is said of it, or as a reference to the same resource."""
    if not is_object(item) or not is_object(added):
        return same(item, added)
    one, other = ({key.lower(): value for key, value in each.items()} for each in (item, added))
    if place.attribute and "$ref" in place.attribute.parts and "value" in other:
        return same(one.get("value"), other["value"])
    return all(key in one and same(one[key], value) for key, value in other.items())


def _remove(place: _Place, value: Any) -> None:
    """Remove an attribute, or the items of an array that a value lists."""
    items = place.items
    if items is None or value is None:
        place.put(None)
        return
    if is_object(value) and (inner := find(value, place.key)) is not None:
        value = value[inner]  # {"members": […]}, as some write it
    listed: list[Any] = value if is_array(value) else [value]
    place.put([item for item in items if not any(_is_listed(item, each) for each in listed)])


def _is_listed(item: Any, listed: Any) -> bool:
    """Tell whether an item is what a remove lists, by all that it says of it; null says nothing."""
    if not is_object(listed):
        return same(item, listed) or (is_object(item) and same(_within(item, "value"), listed))
    said = {key: value for key, value in listed.items() if value is not None}
    return bool(said) and all(same(_within(item, key), value) for key, value in said.items())


def _within(item: Any, name: str) -> Any:
    return _place(item, name, {}).value if is_object(item) else None


# -- Changing parts of it -----------------------------------------------------


def _change_part(op: Op, place: _Place, target: Target, sub: str, value: Any) -> None:
    """Change a sub-attribute, of an array that of all its items."""
    _check_parts(place, [sub], target, "invalidPath")
    items = place.items
    if items is None:
        inside: Any = place.value or {}
        _change(op, _sub(place, inside, target, sub), value)
        place.put(inside)
        return
    if not items and op != "remove":
        items.append({})
    for item in items:
        _change(op, _sub(place, item, target, sub), value)
    place.put([item for item in items if item != {}])


def _sub(place: _Place, holder: Any, target: Target, sub: str) -> _Place:
    if not is_object(holder):
        raise Fault(target.member, f"{place.key} has no sub-attributes here", "invalidPath")
    return place.within(holder, sub)


def _change_chosen(op: Op, place: _Place, target: Target, chosen: Filter, value: Any) -> None:
    """Change the items of an array that a filter finds."""
    items = place.items
    if items is None and (place.value is not None or place.attribute is not None):
        raise Fault(target.member, f"{place.key} is no array: it takes no filter", "invalidPath")
    items = items or []
    _check_parts(place, chosen.names(), target, "invalidFilter")
    if target.sub is not None:
        _check_parts(place, [target.sub], target, "invalidPath")
    try:
        found = [position for position, item in enumerate(items) if chosen.matches(item)]
    except ValueError as error:
        raise Fault(target.member, str(error), "invalidFilter") from error
    if not found and op != "remove" and value is not None:
        items.append(_described(place, target, chosen, value))
    for position in found:
        items[position] = _changed(op, place, target, items[position], value)
    place.put([item for item in items if item is not None and item != {}])


def _changed(op: Op, place: _Place, target: Target, item: Any, value: Any) -> Any:
    """Return an item as an operation leaves it, ``None`` for none."""
    if target.sub is not None:
        _change(op, _sub(place, item, target, target.sub), value)
        return item
    if op == "remove" or value is None:
        return None
    if op == "add" and is_object(item) and is_object(value):
        return _with(place, item, value)
    return _typed(place, [value])[0]  # RFC 7644 §3.5.2.3: "all matching record values SHALL be replaced"


def _with(place: _Place, item: dict[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    for name, inner in value.items():
        _change("add", place.within(item, name), inner)
    return item


def _described(place: _Place, target: Target, chosen: Filter, value: Any) -> dict[str, Any]:
    """Return the item that a filter describes and that is not there, as Entra expects it to be made."""
    described = chosen.described()
    if target.sub is not None:
        value = {target.sub: value}
    if described is None or not is_object(value):
        raise Fault(target.member, f"no item of {place.key} is what the filter looks for", "noTarget")
    item = _with(place, _with(place, {}, described), value)
    if not chosen.matches(item):
        raise Fault("value", f"it is not what the filter of {place.key} looks for", "noTarget")
    return item


# -- Checking -----------------------------------------------------------------


def _typed(place: _Place, value: Any) -> Any:
    """Return a value in the type of its attribute."""
    if place.attribute is None:
        return value
    faults: list[str] = []
    typed = assigned(place.attribute, value, faults, place.parent + place.key)
    if faults:
        raise Fault("value", "; ".join(faults), "invalidValue")
    return typed


def _check_parts(place: _Place, names: Collection[str], target: Target, scim_type: str) -> None:
    """See that an attribute of the specification has some sub-attributes, there or in one of its values."""
    if place.attribute is None:
        return
    known = {*place.attribute.parts} or ({"value"} if place.attribute.many else set[str]())
    if all(name.lower() in known for name in names):
        return
    for item in place.items or [place.value]:
        if is_object(item):
            known |= set(map(str.lower, item))
    for name in names:
        if name.lower() not in known:
            raise Fault(target.member, f"{place.key} has no sub-attribute {name!r}", scim_type)
