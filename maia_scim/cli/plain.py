"""Text from outside, made fit for a terminal: what would move its cursor or colour it is spelt out instead."""

from __future__ import annotations

import re

from maia_scim.text import joins

# In JSON these may stand in texts only, where an escape says the same. json.dumps escapes the others itself.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: object) -> str:
    r"""One line that a terminal shows and does not obey: an ESC becomes ``\x1b``, a line break ``\n``."""
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(
        sign if sign.isprintable() or joins(whole, at) else sign.encode("unicode_escape").decode("ascii")
        for at, sign in enumerate(whole)
    )


def plain_lines(text: object) -> str:
    """The same for several lines, which stay lines."""
    return "\n".join(map(plain, str(text).split("\n")))


def plain_json(text: str) -> str:
    """JSON that says the same without characters that a terminal may obey, or UTF-8 cannot write."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
