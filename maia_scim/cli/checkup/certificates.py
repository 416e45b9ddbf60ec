"""Who issued a certificate, and until when it is valid, also of one that nobody trusts.

Python tells that of trusted ones alone, and it is the others that somebody wants to know it of: the issuer names the
proxy that took the connection apart. So the few fields are read from the DER (RFC 5280 section 4.1) here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTEXT_0, _UTC_TIME = 0xA0, 0x17
_UTF16, _UTF32 = 0x1E, 0x1C  # BMPString, UniversalString
_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O"}


class Certificate(NamedTuple):
    """What is told of a certificate.

    Attributes:
        issuer: Who issued it: organisation and common name.
        ends: Until when it is valid.
        own: Whether it issued itself.
    """

    issuer: str
    ends: datetime
    own: bool


def read(der: bytes) -> Certificate | None:
    """Read a certificate; None where it cannot be read."""
    try:
        [(_, certificate)] = _items(der)
        (_, content), *_ = _items(certificate)
        fields = [*_items(content)]
        if fields[0][0] == _CONTEXT_0:  # the version, which the first kind has not
            fields = fields[1:]
        _, _, (_, issuer), (_, validity), (_, subject), *_ = fields
        _, (kind, end) = _items(validity)
        return Certificate(_name(issuer), _moment(kind, end.decode("ascii")), issuer == subject)
    except (ValueError, IndexError, LookupError):
        return None


def _items(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tags and contents that a content is made of."""
    at = 0
    while at < len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(der[at : at + count])
            at += count
        if at + size > len(der):
            raise ValueError("it is cut short")
        yield tag, der[at : at + size]
        at += size


def _name(der: bytes) -> str:
    found: dict[str, str] = {}
    for _, group in _items(der):
        for _, pair in _items(group):
            (_, kind), (tag, value) = _items(pair)
            if kind in _NAMES:
                found.setdefault(_NAMES[kind], _text(tag, value))
    return ", ".join(found[name] for name in ("O", "CN") if name in found) or "somebody without a name"


def _text(tag: int, value: bytes) -> str:
    return value.decode({_UTF16: "utf-16-be", _UTF32: "utf-32-be"}.get(tag, "utf-8"), "replace")


def _moment(kind: int, text: str) -> datetime:
    if kind == _UTC_TIME:  # two digits for the year (RFC 5280 section 4.1.2.5.1)
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


__all__ = ["Certificate", "read"]
