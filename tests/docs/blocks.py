"""The fenced blocks of the pages: what they are, and whether what came is what they show."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

from tests.docs.building import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("**/*.md"))]
_FENCED = re.compile(
    r"^(?:(?P<note>[ ]*<!--(?:(?!-->).)*-->)\n\n?)?(?P<indent>[ ]*)(?P<fence>`{3,})(?P<info>.*)\n"
    r"(?P<text>(?:.*\n)*?)(?P=indent)(?P=fence)$",
    re.MULTILINE,
)


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: The page.
        line: The line of its text, from 1.
        language: What it is said to be.
        title: Its title, a file's name; or "".
        note: The comment above it, without its marks; or "".
        text: What is in it.
    """

    page: Path
    line: int
    language: str
    title: str
    note: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Step(NamedTuple):
    """A command of a console, and what is shown of it."""

    command: str
    shown: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page."""
    return [*_blocks(page)]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    for found in _FENCED.finditer(text):
        language, _, rest = found["info"].partition(" ")
        title = re.search(r'title="(.*?)"', rest)
        yield Block(
            page,
            text.count("\n", 0, found.start("text")) + 1,
            language,
            title[1] if title else "",
            (found["note"] or "").strip().removeprefix("<!--").removesuffix("-->").strip(),
            dedent(found["text"]),
        )


def steps(text: str) -> list[Step]:
    """The commands of a console; one that ends with a backslash goes on."""
    found: list[Step] = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        count = next(at for at, line in enumerate(lines, 1) if not line.endswith("\\\n"))
        found.append(Step("".join(lines[:count]).rstrip("\n"), "".join(lines[count:])))
    return found


# What differs from run to run.
_VARYING = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8000"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b", "2026-11-24 09:30"),
    (r"\b\d+\.\d+s\b", "0.1s"),
    (r"\x1b\[[\d;?]*[a-zA-Z]", ""),
)


def differs(shown: str, came: str) -> str:
    """Say where what came is not what is shown, or nothing; ``…`` stands for anything, on its own for lines."""
    settled = [_settled(text) for text in (shown, came)]
    pattern = r"\n".join(
        r"(?:.*\n)*?.*" if line == "…" else r".*?".join(map(re.escape, line.split("…"))) for line in settled[0]
    )
    if re.fullmatch(pattern, "\n".join(settled[1])):
        return ""
    return "shown:\n" + "\n".join(settled[0]) + "\n\ncame:\n" + "\n".join(settled[1])


def _settled(text: str) -> list[str]:
    for pattern, instead in _VARYING:
        text = re.sub(pattern, instead, text)
    return [" ".join(line.split()) for line in text.strip().splitlines()]
