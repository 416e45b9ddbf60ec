"""Domains of addresses, in the two forms that they have (RFC 5890): ``münchen.example`` and what DNS is asked for."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

_LONGEST_LABEL = 63  # RFC 1035 section 2.3.4


def domain_of(address: Any) -> str | None:
    """The domain of an address in Unicode; None if it has none."""
    _, at, domain = address.rpartition("@") if isinstance(address, str) else ("", "", "")
    return (in_unicode(domain).removesuffix(".") or None) if at else None  # the dot of the root adds nothing


def in_unicode(domain: str) -> str:
    """A domain, or a part of one, in lower case and Unicode.

    Not by the codec ``idna``, which is the standard of 2003: it makes ``strasse`` of ``straße``, and these are two
    domains since 2008.
    """
    plain = normalize("NFKC", normalize("NFKC", domain.strip()).lower()).replace("\u3002", ".")
    return ".".join(map(_decoded, plain.split(".")))


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        text = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError):
        return label
    # A label has one form: what would not be written so (ASCII, capitals) is no domain, and equal to none.
    same = normalize("NFKC", text).lower() == text and _encoded(text) == label
    return text if same else label


def in_ascii(domain: str) -> str:
    """A domain of ``in_unicode`` as DNS is asked for it."""
    return ".".join(map(_encoded, domain.split(".")))


def _encoded(label: str) -> str:
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return label
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:
        return label


__all__ = ["domain_of", "in_ascii", "in_unicode"]
