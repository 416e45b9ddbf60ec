"""Text from outside, made fit for a message or refused."""

from __future__ import annotations

from unicodedata import normalize

_LONGEST = 300  # characters
_JOINERS = "\u200c\u200d"
_NO_JOINERS = str.maketrans("", "", _JOINERS)


def line(text: str) -> str:
    """One line of at most 300 characters."""
    whole = " ".join(text.split())
    return whole if len(whole) <= _LONGEST else whole[:_LONGEST] + "…"


def fold(name: str) -> str:
    """What two names have in common that are the same but for case and Unicode form (Unicode section 3.13, D145)."""
    return name.lower() if name.isascii() else normalize("NFC", normalize("NFD", name).casefold())


def joins(text: str, at: int) -> bool:
    """Whether a sign of a text takes no ink, and is needed all the same: it joins the letters or emoji beside it.

    So do U+200C and U+200D in Persian, in Indic scripts and in families of emoji. At an end, or beside a blank or what
    is ASCII, they join nothing.

    Args:
        text: The text.
        at: Where the sign stands.
    """
    if text[at] not in _JOINERS or not 0 < at < len(text) - 1:
        return False
    beside = (text[at - 1], text[at + 1])
    return all(sign.isprintable() and not sign.isascii() and not sign.isspace() for sign in beside)


def without_joiners(text: str) -> str:
    """The text as it looks where none of its signs can be joined."""
    return text.translate(_NO_JOINERS)


def is_text(value: object) -> bool:
    """Whether it is a text that UTF-8 can write: Python reads other bytes of the environment as lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)
