"""What went wrong when a secret was copied, told without the secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What stands in examples and templates: <secret>, ${SECRET}, %SECRET%, {{ secret }}, ****, changeme, your-secret.
_PLACEHOLDER = re.compile(
    r"<.*>|\$\{?\w+\}?|%\w+%|\{\{.*\}\}|[*x•.…]{3,}|change.?me|your[-_ ].*|todo|null|none|undefined", re.I | re.S
)
_QUOTES = (('"', '"'), ("'", "'"), ("`", "`"), ("\u201c", "\u201d"), ("\u2018", "\u2019"))


def faults(raw: str, *, token: bool = False) -> Iterator[str]:
    """What looks wrong with a value, each as the end of a sentence that begins with its name.

    Args:
        raw: The value as it was set.
        token: Whether it is a token.
    """
    value = raw.strip()
    if value != raw:
        what = "a line break" if any(sign in raw for sign in "\r\n") else "white space"
        yield f"has {what} around it, which is taken off here, and maybe not elsewhere"
    if len(value) > 1 and (value[0], value[-1]) in _QUOTES:
        yield "stands in quotes, which are a part of it"
        value = value[1:-1]
    if token and value[:7].lower() == "bearer ":
        yield "begins with `Bearer `, which is no part of a token"
        value = value[7:]
    if any(sign.isspace() for sign in value):
        yield "has white space or a line break within"
    elif not value.isascii() or not value.isprintable():
        yield "has characters that no key on a keyboard makes, as a web page or a word processor leaves them"
    if _PLACEHOLDER.fullmatch(value):
        yield "looks like a placeholder that nobody filled in"


__all__ = ["faults"]
