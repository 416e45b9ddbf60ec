"""Pages of entries, read as a browser reads them."""

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from maia_scim.apply.model import About, Entry, Result, Summary
from maia_scim.apply.page import write_page
from maia_scim.diff import Change

WHEN = datetime(2026, 3, 1, 13, 5, 9, tzinfo=UTC)
ABOUT = About("apply", "https://us1.api.example.com/dpc", "us1", "client-7", "prod", "leavers.csv", WHEN)
NOTHING = Summary()
INLINE = {"bdi", "mark", "code", "time"}
VOID = {"meta", "input", "wbr", "br", "img", "link"}


class Page(HTMLParser):
    """Reads a page, and fails where an element is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.seen: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag not in INLINE:
            self.seen.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script", "title"):
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data
        else:
            self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.seen).split())

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    def flags(self) -> dict[str, str | None]:
        return {str(each["id"]): each["data-f"] for each in self.all("article")}

    def tiles(self) -> dict[str, tuple[str, bool]]:
        """The number of each, and whether it is a filter."""
        numbers = dict(re.findall(r'data-state="(\w+)"[^>]*><b>([\d,]+)</b>', self.source))
        return {
            str(each["data-state"]): (numbers[each["data-state"]], "data-any" in each)
            for each in self.all("button")[:-1]
        }

    def section(self, title: str) -> "Page":
        (found,) = re.findall(rf"<section>\n<h2>{title} .*?</section>", self.source, re.DOTALL)
        return Page(found)


def page(
    entries: Iterable[Entry] = (), summary: Summary = NOTHING, about: About = ABOUT, warnings: Iterable[str] = ()
) -> Page:
    out = io.StringIO()
    write_page(out, about, summary, iter([*entries]), warnings=warnings)
    return Page(out.getvalue())


def entry(number: int, *changes: Change, state: Any = "change", **values: Any) -> Entry:
    return Entry(number, number + 1, f"id-{number}", f"user{number}@example.com", state, changes=changes, **values)


def result(outcome: Any, **values: Any) -> Result:
    return Result(outcome, WHEN, WHEN + timedelta(seconds=1.26), **values)


OFF = Change("active", True, False)
RENAME = Change("userName", "a@example.com", "b@example.com")
TITLE = Change("title", "Engineer", "Manager")
