"""Columns: the attribute that each sets.

A column is headed by an attribute (``userName``), a part of one (``name.givenName``), an item of an array by its type
(``emails[work]``, which is its ``value``, or ``emails[work].display``), or by the full path of RFC 7644 section 3.10.
Before each may stand the URN of an extension. Case does not matter (RFC 7643 section 2.1).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from maia_scim.schema import attributes
from maia_scim.text import line

from .cells import coerce, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from maia_scim.schema import Attribute

# RFC 7643 sections 3.1, 4.1.2 and 3: the service sets them.
READ_ONLY = frozenset({"meta", "groups", "schemas"})
SCHEMA = re.compile(r"urn:.+:\d+(?:\.\d+)+:[^:.]+", re.IGNORECASE)  # as RFC 7643 section 10.3 forms them
CORE = "urn:ietf:params:scim:schemas:core:"
_USER = CORE + "2.0:User"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IN_ENTERPRISE = ("employeeNumber", "costCenter", "organization", "division", "department", "manager")  # RFC 7643, 4.3
_LONGEST = 500  # characters of a header, many times what any attribute needs

# RFC 7644 section 3.5.2, figure 7, with the type of an item in short, too.
_NAME = r"[A-Za-z][A-Za-z0-9_$-]*"
_HEADER = re.compile(
    rf'(?:(?P<uri>(?:urn:|https?://)[^\s"()\[\]]+):)?(?P<name>{_NAME})'
    rf"(?:\[(?P<item>[^\[\]]*)\])?(?:\.(?P<sub>{_NAME}|\$ref))?",
    re.IGNORECASE,
)
_FILTER = re.compile(r'type +eq +"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_OTHER_FILTER = re.compile(r"[\"\\]|\s(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b|^(?:not|type)\b", re.IGNORECASE)

# What other programs call an attribute, without blanks and signs, to be suggested and never to be guessed.
_ELSEWHERE = {
    **dict.fromkeys(("userprincipalname", "upn", "login", "loginname", "account"), "userName"),
    **dict.fromkeys(("email", "mail", "emailaddress", "primaryemail", "workemail"), "emails[work]"),
    **dict.fromkeys(("phone", "telephone", "phonenumber", "workphone"), "phoneNumbers[work]"),
    **dict.fromkeys(("mobile", "mobilephone", "cellphone"), "phoneNumbers[mobile]"),
    **dict.fromkeys(("firstname", "forename"), "name.givenName"),
    **dict.fromkeys(("lastname", "surname"), "name.familyName"),
    **dict.fromkeys(("enabled", "isactive", "status", "accountenabled"), "active"),
    **dict.fromkeys(("userid", "objectid", "uuid", "guid"), "id"),
    **dict.fromkeys(("jobtitle",), "title"),
    **dict.fromkeys(("city",), "addresses[work].locality"),
    **{part.lower(): f"{_ENTERPRISE}:{part}" for part in ("department", "division", "organization")},
    **{part.lower(): f"{_ENTERPRISE}:{part}" for part in ("costCenter", "employeeNumber")},
    "manager": f"{_ENTERPRISE}:manager.value",
}
# The types of items that RFC 7643 section 4.1.2 names.
_TYPES = ("work", "home", "other", "mobile", "fax", "pager", "photo", "thumbnail")


Kind = type  # since a target has a type of its own


@dataclass(frozen=True, slots=True)
class Target:
    """An attribute that a column sets.

    Attributes:
        path: Its path, as the specification and RFC 7644 section 3.10 spell it: ``name.givenName``,
            ``emails[type eq "work"].value``, ``urn:…:User:manager.value``, ``emails`` (the array as a whole).
        extension: The URN of the extension it is in, as the file spells it; None of a core attribute.
        attribute: The attribute alone: ``name``, ``emails``, ``department``.
        sub: The part of it, or None of a simple attribute and of an array as a whole.
        type: The type that an item of an array has, or None.
        kind: The type of its value: ``str``, ``bool``, ``datetime``, ``UUID``, ``list`` for an array as a whole, or
            ``object`` for what the specification does not type.
    """

    path: str
    extension: str | None
    attribute: str
    sub: str | None
    type: str | None
    kind: Kind


# Headers.


def target(header: str, *, arrays: bool = True) -> Target:
    """Tell which attribute a column sets.

    Args:
        header: The header, in any case; blanks around it do not matter.
        arrays: Whether an array may be set as a whole (``emails``), as JSON can and a spreadsheet cannot.

    Raises:
        ValueError: If it is none that can be set; the message says what to write instead.
    """
    bare = header.strip()
    found, fault = _read(bare, arrays) if len(bare) <= _LONGEST else (None, "")  # what is longer is not kept
    if fault:
        raise ValueError(fault)
    if found is None or len(found.path) > _LONGEST:  # a path is a header, too
        raise ValueError("that is too long to be an attribute's name")
    return found


@lru_cache(maxsize=4096)
def _read(header: str, arrays: bool) -> tuple[Target | None, str]:
    """The target, or what is wrong. Either is kept: a JSON file has its keys in each row, and suggestions take time."""
    try:
        return _target(header, arrays), ""
    except ValueError as error:
        return None, str(error)


def _target(header: str, arrays: bool) -> Target:
    match = _HEADER.fullmatch(header)
    if match is None:
        raise ValueError(_unknown(header))
    uri, first, item, sub = match["uri"], match["name"], match["item"], match["sub"]
    if header.lower() == _USER.lower():
        raise ValueError("that is the schema of users: head the column by an attribute, as in userName")
    if SCHEMA.fullmatch(header):
        raise ValueError(f"that is an extension as a whole: name an attribute in it, as in {header}:department")
    if "password" in (first.lower(), sub and sub.lower()):
        raise ValueError(
            "a password can neither be compared nor be kept out of what is recorded: leave the column out, "
            "and set it with `maia-scim users patch`"
        )
    kind = None if item is None else _type(header, first, item)
    if uri and uri.lower() != _USER.lower():
        if uri.lower().startswith(CORE):
            raise ValueError(_unknown(first))
        return _of_extension(uri, first, kind, sub)
    return _of_core(header, first, kind, sub, arrays)


def _of_core(header: str, first: str, kind: str | None, sub: str | None, arrays: bool) -> Target:
    if first.lower() in READ_ONLY:
        raise ValueError('read-only: leave the column out, or map it to "" in the mapping file')
    attribute = attributes("User").get(first.lower())
    if attribute is None:
        raise ValueError(_unknown(header))
    if attribute.many:
        return _of_array(attribute, kind, sub, arrays)
    if kind is not None:
        raise ValueError(f"{attribute.name} is no array: write {attribute.name} without what is in brackets")
    if attribute.parts and sub is None:
        raise ValueError(f"{attribute.name} is set by its parts: {', '.join(_parts(attribute))}")
    if sub is None:
        return Target(attribute.name, None, attribute.name, None, None, attribute.type)
    if not attribute.parts:
        raise ValueError(f"{attribute.name} has no parts: write {attribute.name}")
    part = _part(attribute, header, sub, "")
    return Target(f"{attribute.name}.{part.name}", None, attribute.name, part.name, None, part.type)


def _of_array(attribute: Attribute, kind: str | None, sub: str | None, arrays: bool) -> Target:
    name = attribute.name
    if kind is None:
        if arrays and sub is None:
            return Target(name, None, name, None, None, list)
        inner = f".{sub}" if sub and sub.lower() in attribute.parts else "" if "value" in attribute.parts else ".…"
        raise ValueError(f"{name} is an array: say which item by its type, as in {name}[work]{inner}")
    if sub is None and "value" not in attribute.parts:
        raise ValueError(f"{name}[{kind}] is set by its parts: {', '.join(_parts(attribute, f'[{kind}]'))}")
    part = _part(attribute, f"{name}[{kind}].{sub}", sub or "value", f"[{kind}]")
    if part.name == "type":
        raise ValueError(f"the type is what finds the item: to set its value, write {name}[{kind}]")
    return Target(f"{_item(name, kind)}.{part.name}", None, name, part.name, kind, part.type)


def slip_in_extension(uri: str, name: str) -> str | None:
    """The attribute of the enterprise extension that was meant, if a name is nearly one."""
    known = {each.lower(): each for each in IN_ENTERPRISE}
    if uri.lower() != _ENTERPRISE.lower() or name.lower() in known:
        return None
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.8)
    return f"{uri}:{known[close[0]]}" if close else None


def _of_extension(uri: str, first: str, kind: str | None, sub: str | None) -> Target:
    if better := slip_in_extension(uri, first):
        raise ValueError(f"did you mean {better}?")
    if kind is not None:
        sub = sub or "value"
    path = f"{uri}:{first if kind is None else _item(first, kind)}" + (f".{sub}" if sub else "")
    return Target(path, uri, first, sub, kind, object)


def _item(attribute: str, kind: str) -> str:
    return f"{attribute}[type eq {json.dumps(kind, ensure_ascii=False)}]"


def _type(header: str, first: str, item: str) -> str:
    """The type that an item is found by: ``work`` in ``[work]`` and in ``[type eq "work"]``."""
    if found := _FILTER.fullmatch(item.strip()):
        kind: str = json.loads(f'"{found[1]}"')  # a ValueError of its own, if the escapes are none
    else:
        kind = "" if _OTHER_FILTER.search(item) else item.strip()
        close = get_close_matches(kind.lower(), _TYPES, n=1, cutoff=0.75)
        if close and kind.lower() not in _TYPES:
            better, own = f"{first}[{close[0]}]", f'{first}[type eq "{line(kind)}"]'
            raise ValueError(f"did you mean {better}? If there is a type {line(kind)}, write {own}")
    if not kind.strip() or not kind.isprintable():
        raise ValueError(f"{line(header)}: an item is found by its type, as in {first}[work]")
    return kind


def _part(attribute: Attribute, header: str, sub: str, item: str) -> Attribute:
    if part := attribute.parts.get(sub.lower()):
        return part
    if better := _camel(header):
        raise ValueError(better)
    parts = {each.lower(): each for each in _parts(attribute, item)}
    close = get_close_matches(f"{attribute.name}{item}.{sub}".lower(), parts, n=1, cutoff=0.8)
    raise ValueError(
        f"did you mean {parts[close[0]]}?" if close else f"{attribute.name} has {', '.join(parts.values())}"
    )


def _parts(attribute: Attribute, item: str = "") -> list[str]:
    return [f"{attribute.name}{item}.{part.name}" for part in attribute.parts.values() if part.name != "type"]


def _camel(header: str) -> str | None:
    """What to say of a header that is spelled as in Python: ``user_name``."""
    better = re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), header)
    known = better != header and _read(better, True)[0] is not None
    return f"SCIM spells it {better}" if known else None


def _unknown(header: str) -> str:
    """What to say of a header that is no attribute's."""
    if hidden := next((sign for sign in header if not sign.isprintable()), None):
        return f"no attribute of a user: it holds {named(hidden)}"
    if better := _camel(header):
        return better
    suggestions = _suggestions()
    close = get_close_matches(re.sub(r"[\W_]", "", header.lower()), suggestions, n=1, cutoff=0.8)
    meant = f"did you mean {suggestions[close[0]]}? If not, " if close else ""
    return f'no attribute of a user: {meant}map the column in the mapping file, to "" to leave it out'


@cache
def _suggestions() -> Mapping[str, str]:
    """What to write, by how it may have been meant: names without blanks, signs and case."""
    found: dict[str, str] = {}
    for written in _written():
        parts = re.findall(r"[a-z0-9]+", written.lower())
        for key in ("".join(parts), parts[-1]):
            if key != "work":
                found.setdefault(key, written)
        if written.endswith("[work]"):
            found.setdefault(parts[0], written)
    return {**found, **_ELSEWHERE}


def _written() -> Iterator[str]:
    for attribute in attributes("User").values():
        if attribute.name in READ_ONLY or attribute.name == "password":
            continue
        item = "[work]" if attribute.many else ""
        if "value" in attribute.parts or not attribute.parts:
            yield f"{attribute.name}{item}"
        yield from _parts(attribute, item)


__all__ = ["CORE", "IN_ENTERPRISE", "READ_ONLY", "SCHEMA", "Target", "coerce", "slip_in_extension", "target"]
