"""A token, a client secret and a password that are in no other text: wherever one of them turns up, it leaked.

Tests sign in with them, and set them; `tests/support/canary_plugin.py` searches what each test leaves behind. What a
subprocess tells is searched where `Popen.communicate` reads it (and so `subprocess.run`); `clean` is for all else.
"""

from __future__ import annotations

import base64
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = secrets.token_hex(8)
TOKEN = f"canary-{MARK}-token"
CLIENT_SECRET = f"canary-{MARK}-secret"
PASSWORD = f"canary-{MARK}-password"
KINDS = ("token", "secret", "password")

# The first line of a child process in which a sandbox makes up tokens and secrets: they are canaries, too.
PLANTED = (
    "import secrets; _urlsafe = secrets.token_urlsafe; "
    f"secrets.token_urlsafe = lambda count=None: {TOKEN!r} + '-' + _urlsafe(count)\n"
)


def _in_base64(text: bytes) -> Iterator[str]:
    """The characters that a text has within any base64, by where in a group of three bytes it begins.

    Of letters and digits, both alphabets make the same.
    """
    for before in range(3):
        coded = base64.b64encode(bytes(before) + text).decode()
        yield coded[-(-before * 4 // 3) : (before + len(text)) * 4 // 3]


# The mark has letters and digits only, which percent-encoding, JSON, HTML and a repr all leave as they are.
FORMS = {
    MARK: "a secret",
    MARK.encode().hex(): "a secret in hex",
    "\0".join(MARK): "a secret in UTF-16",
    **dict.fromkeys(_in_base64(MARK.encode()), "a secret in base64"),
}
_IN_TEXT = tuple(FORMS)
_IN_BYTES = tuple(form.encode() for form in FORMS)
_SECRET = re.compile(
    rf"(?:canary-)?{MARK}(?:-(?P<kind>{'|'.join(KINDS)})(?:-[\w-]+)?)?|"
    + "|".join(re.escape(form) for form in FORMS if form != MARK)
)
_AROUND, _LONG = 60, 1000  # characters


class Find(NamedTuple):
    """A canary that was found."""

    kind: str
    """One of `KINDS`, or ``some`` in an encoded form"""
    excerpt: str
    """The text around it, with the secret masked"""


def holds(text: str | bytes) -> bool:
    if isinstance(text, str):
        for form in _IN_TEXT:
            if form in text:
                return True
    else:
        for code in _IN_BYTES:
            if code in text:
                return True
    return False


def find(text: str | bytes) -> list[Find]:
    """Every kind of canary that a text holds, once each."""
    if not holds(text):
        return []
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    found: dict[str, Find] = {}
    for match in _SECRET.finditer(text):
        kind = match["kind"] or "some"
        if kind not in found:
            start, end = match.span()
            # Masked before it is cut, so that no half of a secret is left.
            before, after = masked(text[max(0, start - _LONG) : start]), masked(text[end : end + _LONG])
            excerpt = before[-_AROUND:] + masked(match[0]) + after[:_AROUND]
            found[kind] = Find(kind, excerpt.replace("\r", "\\r").replace("\n", "\\n"))
    return list(found.values())


def masked(text: str) -> str:
    """A text with its canaries named, not shown."""
    return _SECRET.sub(lambda match: f"<{match['kind'] or FORMS.get(match[0], 'a secret')}>", text)


def clean(text: str, place: str = "the output") -> str:
    """Give a text back, if it holds no canary.

    Raises:
        AssertionError: If it does.
    """
    __tracebackhide__ = True
    told = [f"{each.kind} in {place}: …{each.excerpt}…" for each in find(text)]
    assert not told, "\n".join(told)
    return text
