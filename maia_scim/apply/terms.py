"""Terms of filters: the attributes of a user that they speak of, and how the values of each are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from maia_scim.diff import is_object
from maia_scim.filters import values
from maia_scim.resources import named
from maia_scim.schema import attributes
from maia_scim.text import line

from .case import ENTERPRISE, EXACT
from .columns import CORE, IN_ENTERPRISE, SCHEMA, slip_in_extension
from .domains import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scim2_models.path import AttrPath

    from maia_scim.schema import Attribute

Kind = Literal["text", "boolean", "moment", "domain", "open", "whole"]

_USER = CORE + "2.0:User"
_EXTENSION = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_WITH_DOMAIN = frozenset({"userName", "emails"})
_KINDS: dict[type, Kind] = {str: "text", bool: "boolean", datetime: "moment", dict: "whole"}
_NEVER_TOLD = "no service tells passwords, so that none can be compared"


@dataclass(frozen=True, slots=True)
class Term:
    """An attribute that a filter speaks of.

    Attributes:
        shown: What messages call it.
        names: The names that lead to it, from the user on, or from an item of an array.
        kind: How its values are compared.
        exact: Whether letter case counts in them.
        attribute: What the specification says of it, if anything.
    """

    shown: str
    names: tuple[str, ...]
    kind: Kind
    exact: bool = False
    attribute: Attribute | None = None

    def found(self, holder: Any) -> list[Any]:
        """The values that there are, one by one."""
        *above, last = self.names
        holders = values(holder, *above) if above else [holder]
        if self.kind == "moment":  # which may be an array itself, of numbers
            return [each[key] for each in holders if is_object(each) and (key := named(each, last)) is not None]
        found = [value for each in holders for value in values(each, last)]
        return [each for each in map(domain_of, found) if each is not None] if self.kind == "domain" else found


def of_user(path: AttrPath) -> Term:
    """What a path is in a user.

    Raises:
        ValueError: If no user has it; the message says what to write.
    """
    if path.uri is None or path.uri.lower() == _USER.lower():
        return _of_core(path.attr, path.sub_attr)
    if path.uri.lower().startswith(CORE):
        raise ValueError(f"{line(str(path))} is in no schema of users: their own attributes need none, as in userName")
    whole = f"{path.uri}:{path.attr}"
    if not path.sub_attr and SCHEMA.fullmatch(whole):
        return Term(line(whole), (whole,), "whole")
    if "password" in (path.attr.lower(), (path.sub_attr or "").lower()):
        raise ValueError(_NEVER_TOLD)
    if better := slip_in_extension(path.uri, path.attr):
        raise ValueError(f"{line(str(path))} is in no user: did you mean {better}?")
    names = (path.uri, *_names(path))
    return Term(line(str(path)), names, "open", _is_exact(names))


def of_item(array: Term, path: AttrPath) -> Term:
    """What a path is in an item of an array.

    Raises:
        ValueError: If no item has it.
    """
    inside = f"in the brackets of {array.shown} stand its parts"
    if path.uri is not None:
        raise ValueError(f"{inside}, without a schema: {line(str(path))} is none")
    if array.attribute is None:
        return Term(line(str(path)), _names(path), "open", _is_exact((*array.names, *_names(path))))
    if path.sub_attr is not None:
        raise ValueError(f"{inside}, as in {line(path.sub_attr)}: {line(str(path))} is none")
    term = _part(array.attribute, path.attr)
    return Term(term.shown, term.names[1:], term.kind, term.exact, term.attribute)


def value_of(term: Term) -> Term:
    """What is compared of an array as a whole: the values of its items (RFC 7644 section 3.4.2.2).

    Raises:
        ValueError: If it has none.
    """
    attribute = term.attribute
    if attribute is None:
        raise ValueError(f"{term.shown} is an extension as a whole: name an attribute in it, as in {term.shown}:…")
    if attribute.many and "value" in attribute.parts:
        return _part(attribute, "value")
    raise ValueError(f"{term.shown} is compared by its parts: {parts(attribute)}")


def parts(attribute: Attribute) -> str:
    """The parts of an attribute, as a message lists them."""
    found = [part.name for part in attribute.parts.values()] + ["domain"] * (attribute.name in _WITH_DOMAIN)
    return ", ".join(f"{attribute.name}.{part}" for part in found)


def _names(path: AttrPath) -> tuple[str, ...]:
    return (path.attr, path.sub_attr) if path.sub_attr else (path.attr,)


def _of_core(name: str, sub: str | None) -> Term:
    attribute = attributes("User").get(name.lower())
    if attribute is None:
        raise ValueError(_unknown(name, sub))
    if attribute.name == "password":
        raise ValueError(_NEVER_TOLD)
    if sub is not None:
        return _part(attribute, sub)
    return Term(attribute.name, (attribute.name,), _kind(attribute), _is_exact((attribute.name,)), attribute)


def _part(attribute: Attribute, sub: str) -> Term:
    """A part of an attribute: one that the specification has, the domain, or an item of an array of plain texts."""
    shown = f"{attribute.name}.{line(sub)}"
    if sub.lower() == "domain" and attribute.name in _WITH_DOMAIN:
        return Term(shown, (attribute.name, "value") if attribute.many else (attribute.name,), "domain")
    if sub.lower() == "value" and attribute.many and not attribute.parts:
        return Term(shown, (attribute.name, sub), _kind(attribute), _is_exact((attribute.name,)))
    if not attribute.parts:
        raise ValueError(f"{attribute.name} has no part {line(sub)!r}: write {attribute.name}")
    part = attribute.parts.get(sub.lower())
    if part is None:
        raise ValueError(f"{attribute.name} has no part {line(sub)!r}: it has {parts(attribute)}")
    names = (attribute.name, part.name)
    return Term(".".join(names), names, _kind(part), _is_exact(names), part)


def _kind(attribute: Attribute) -> Kind:
    return _KINDS.get(attribute.type, "open")


def _is_exact(names: tuple[str, ...]) -> bool:
    """Whether letter case counts (RFC 7643 sections 3.1, 8.7.1 and 8.7.2)."""
    key = tuple(name.lower() for name in names)
    other = ":" in key[0] and key[0] != ENTERPRISE
    return other or key[0] == "meta" or key in EXACT or (*key, "value") in EXACT


def _unknown(name: str, sub: str | None) -> str:
    """What to say of a name that is no attribute's."""
    known, shown = _suggestions(), line(name)
    close = get_close_matches(re.sub(r"[_$-]", "", name.lower()), known, n=1, cutoff=0.75)
    rest = f".{sub}" if sub and close and "." not in known[close[0]] else ""
    if close:
        return f"a user has no attribute {shown!r}: did you mean {known[close[0]]}{rest}?"
    return f"a user has no attribute {shown!r}: one of an extension has its URN before it, as in urn:…:User:{shown}"


@cache
def _suggestions() -> Mapping[str, str]:
    """What to write, by how it may have been meant, in lower case."""
    return dict(_meant())


def _meant() -> Iterator[tuple[str, str]]:
    for attribute in attributes("User").values():
        if attribute.parts and not attribute.many:
            yield from ((part.name.lower(), f"{attribute.name}.{part.name}") for part in attribute.parts.values())
    yield from ((name.lower(), f"{_EXTENSION}:{name}") for name in IN_ENTERPRISE)
    yield from (("firstname", "name.givenName"), ("lastname", "name.familyName"), ("domain", "emails.domain"))
    yield from ((attribute.name.lower(), attribute.name) for attribute in attributes("User").values())


__all__ = ["Kind", "Term", "of_item", "of_user", "parts", "value_of"]
