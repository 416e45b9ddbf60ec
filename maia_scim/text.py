"""Text from outside, made fit for a message or refused."""

from __future__ import annotations

_LONGEST = 300  # characters


def line(text: str) -> str:
    """One line of at most 300 characters."""
    whole = " ".join(text.split())
    return whole if len(whole) <= _LONGEST else whole[:_LONGEST] + "…"


def is_text(value: object) -> bool:
    """Whether it is a text that UTF-8 can write: Python reads other bytes of the environment as lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)
