"""Taking an update of the specification from a file, a URL or a documentation page."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from scripts.regen import check, document, merge, walk
from scripts.regen.document import DocumentError, is_object
from scripts.regen.errors import Exit, RegenError

if TYPE_CHECKING:
    import datetime

    from scripts.regen.layout import Layout

_STEP = "vendor"
_SPEC_SUFFIXES = {".yaml", ".yml", ".json"}
_PAGE_SUFFIXES = {".md", ".mdx", ".markdown"}
_FENCE = re.compile(r"^ {0,3}(`{3,})[^`\n]*$", re.MULTILINE)
_OPENAPI = re.compile(r"""^[\s{]*['"]?openapi['"]?\s*:""", re.MULTILINE)
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Source:
    """A text that was fetched.

    Args:
        text: What was fetched.
        url: Where from, as it is recorded: `file:` and the name for a file; never with credentials or a query.
        name: The last part of its path.
    """

    text: str
    url: str
    name: str


@dataclass(frozen=True)
class Update:
    """What vendoring changes.

    Args:
        files: New texts by their path below `openapi/`.
        notes: What a maintainer should know.
    """

    files: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])


def fetch(source: str) -> Source:
    """Read a file or fetch a URL.

    Args:
        source: A path, or an http or https URL.

    Returns:
        The text with its origin.

    Raises:
        RegenError: If it cannot be had, or is no text.
    """
    if re.match(r"[a-z][a-z0-9+.-]*://", source, re.IGNORECASE):
        content, url = _download(source), _public(source)
        name = PurePosixPath(urlsplit(url).path).name or "page"
    else:
        path = Path(source)
        try:
            content = path.read_bytes()
        except OSError as error:
            remedy = "give SPEC= a file, or a URL that begins with https://"
            why = f"SPEC cannot be read: {error.strerror}"
            raise RegenError(_STEP, why, where=source, remedy=remedy) from error
        url, name = f"file:{path.name}", path.name
    return Source(decode(content, url), url, name)


def decode(content: bytes, where: str) -> str:
    """The text of some bytes, with line ends as git keeps them.

    Args:
        content: UTF-8, with or without a byte order mark.
        where: What messages call it.

    Raises:
        RegenError: If it is not UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: {error.reason} at byte {error.start}"
        raise RegenError(_STEP, why, where=where, remedy="save it as UTF-8") from error
    return text.replace("\r\n", "\n")


def _public(url: str) -> str:
    """The URL without user, password, query and fragment, which may hold secrets."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise RegenError(_STEP, f"SPEC is no URL: {error}", remedy="check its spelling") from error
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _download(url: str) -> bytes:
    public = _public(url)
    if urlsplit(url).scheme not in {"http", "https"}:
        raise RegenError(_STEP, "only http and https URLs can be fetched", where=public, remedy="download it first")
    remedy = "try it in a browser, or download the page and give SPEC= the file"
    try:
        answer = httpx.get(url, follow_redirects=True, timeout=_TIMEOUT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = f"SPEC cannot be fetched: {type(error).__name__}: {error}"
        raise RegenError(_STEP, why, where=public, remedy=remedy, code=Exit.MACHINE) from error
    if answer.status_code != 200:
        why = f"SPEC cannot be fetched: the server answered {answer.status_code}"
        raise RegenError(_STEP, why, where=public, remedy=remedy, code=Exit.MACHINE)
    return answer.content


def cut(text: str, where: str) -> tuple[str, int]:
    """Cut the OpenAPI block out of a documentation page.

    Args:
        text: The page, Markdown.
        where: What messages call it.

    Returns:
        The text between the fences, and how many lines of the page are before it.

    Raises:
        RegenError: If there is none, it is not closed, or there are several.
    """
    blocks: list[tuple[str, int]] = []
    position = 0
    while opening := _FENCE.search(text, position):
        closing = re.compile(rf"^ {{0,3}}`{{{len(opening[1])},}}[ \t]*$", re.MULTILINE).search(text, opening.end())
        if not closing:
            line = text.count("\n", 0, opening.start()) + 1
            why = f"the block that begins in line {line} is not closed: the page is cut short"
            raise RegenError(_STEP, why, where=where, remedy="fetch the page again")
        block = text[opening.end() + 1 : closing.start()]
        if _OPENAPI.search(block):
            blocks.append((block, text.count("\n", 0, opening.end()) + 1))
        position = closing.end()
    if len(blocks) != 1:
        found = "no OpenAPI block" if not blocks else f"{len(blocks)} OpenAPI blocks"
        remedy = (
            "give SPEC= a specification, or an API reference page in Markdown with one fenced block that begins with "
            "'openapi:' (for the vendor's pages: the address with .md at its end)"
        )
        raise RegenError(_STEP, f"the page has {found}", where=where, remedy=remedy)
    return blocks[0]


def is_page(source: Source) -> bool:
    """Whether a text is a documentation page rather than a specification."""
    suffix = PurePosixPath(source.name).suffix.lower()
    if suffix in _SPEC_SUFFIXES:
        return False
    if suffix in _PAGE_SUFFIXES or source.text.lstrip()[:1] == "<":
        return True
    fence, spec = _FENCE.search(source.text), _OPENAPI.search(source.text)
    return bool(fence and not (spec and spec.start() < fence.start()))


def read(text: str, where: str, *, step: str = _STEP) -> dict[str, Any]:
    """Read a specification.

    Args:
        text: YAML or JSON.
        where: What messages call it.
        step: The step that reads it.

    Returns:
        The OpenAPI document.

    Raises:
        RegenError: If it is none.
    """
    remedy = "check that the file is whole, or vendor it again"
    try:
        spec = document.load(text)
    except DocumentError as error:
        raise RegenError(step, f"it is no valid YAML or JSON: {error}", where=where, remedy=remedy) from error
    if not is_object(spec) or not str(spec.get("openapi", "")).startswith("3."):
        why = "it is no OpenAPI 3 document: it does not begin with 'openapi: 3…'"
        raise RegenError(step, why, where=where, remedy=remedy)
    misplaced = walk.misplaced(spec) or (None if spec.get("paths") else "the document has no paths")
    if misplaced:
        raise RegenError(step, misplaced, where=where, remedy=remedy)
    return spec


def take(layout: Layout, source: str, *, accept: bool, today: datetime.date) -> Update:
    """Work out what vendoring a source changes; nothing is written.

    Args:
        layout: The checkout.
        source: A file or URL with a whole specification, or a documentation page with a slice of it.
        accept: Take a page although other operations lose something by it.
        today: The date to record.

    Returns:
        The new texts, none when the source brings nothing new.

    Raises:
        RegenError: If the source cannot be had or read, or is in conflict with what other operations use.
    """
    fetched = fetch(source)
    record = read_record(layout)
    old_text = decode(layout.spec.read_bytes(), layout.short(layout.spec)) if layout.spec.exists() else ""
    update = Update()
    if is_page(fetched):
        block, line = cut(fetched.text, fetched.url)
        # Blank lines in front, so that a fault is told by the line of the page.
        slice_ = read("\n" * line + block, fetched.url)
        check.valid(slice_, where=fetched.url)
        name = _page_name(fetched.name)
        known = next((page for page in record["pages"] if page["file"] == f"pages/{name}"), None)
        url = fetched.url
        if known and url.startswith("file:"):
            url = known["url"]
        text = _merged(layout, old_text, slice_, block, update.notes, accept=accept)
        if known["sha256"] != sha256(fetched.text) if known else text != old_text:
            if url != fetched.url:
                update.notes.append(f"taken as an update of {url}, after its file name")
            update.files[f"pages/{name}"] = fetched.text
            entry = {"file": f"pages/{name}", "url": url, "date": today.isoformat(), "sha256": sha256(fetched.text)}
            pages = [page for page in record["pages"] if page is not known]
            record["pages"] = sorted([*pages, entry], key=lambda page: page["file"])
    else:
        spec = read(fetched.text, fetched.url)
        url = fetched.url
        # JSON is kept as YAML in the vendor's layout, so that the next difference can be read.
        text = document.dump(spec) if fetched.text.lstrip().startswith("{") else fetched.text
    if text != old_text:
        update.files[layout.spec.name] = text
        record["spec"] = {"file": layout.spec.name, "url": url, "date": today.isoformat(), "sha256": sha256(text)}
    if update.files:
        update.files[layout.vendored.name] = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    return update


def _merged(
    layout: Layout, old_text: str, slice_: dict[str, Any], block: str, notes: list[str], *, accept: bool
) -> str:
    if not old_text:
        return block
    old = read(old_text, layout.short(layout.spec))
    merged = merge.slice_into(old, slice_)
    if merged.conflicts and not accept:
        why = "the page takes away what operations use that are not on it"
        lines = [f"- {line}" for line in merged.conflicts]
        remedy = "vendor the pages of these operations first, or accept the loss: make regen SPEC=… ACCEPT=1"
        raise RegenError(_STEP, why, details=lines, remedy=remedy, code=Exit.DECIDE)
    notes += merged.notes + [f"accepted: {line}" for line in merged.conflicts]
    return old_text if merged.spec == old else document.dump(merged.spec)


def _page_name(name: str) -> str:
    safe = re.sub(r"[^\w.-]", "-", name).lstrip(".-") or "page"
    return safe if PurePosixPath(safe).suffix.lower() in _PAGE_SUFFIXES else f"{safe}.md"


def read_record(layout: Layout, folder: Path | None = None) -> dict[str, Any]:
    """Read the record of what was vendored.

    Args:
        layout: The checkout.
        folder: Where the record lies, by default `openapi/`.

    Returns:
        The record, empty in a checkout that nothing was vendored into yet.

    Raises:
        RegenError: If the file is damaged.
    """
    file = (folder or layout.openapi) / layout.vendored.name
    if not file.exists():
        return {"spec": {"url": "", "date": "", "sha256": ""}, "pages": []}
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        texts = [record["spec"][key] for key in ("url", "date", "sha256")]
        texts += [page[key] for page in record["pages"] for key in ("file", "url", "date", "sha256")]
        if all(isinstance(text, str) for text in texts):
            return record
        why = "url, date and sha256 are texts"
    except (ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
    where = layout.short(layout.vendored)
    raise RegenError(_STEP, f"the record is damaged: {why}", where=where, remedy=f"git checkout {where}")


def current(layout: Layout, staged: Path) -> tuple[Path, dict[str, str]]:
    """The specification file to generate from, and its record: the staged ones where vendoring brought new ones.

    Args:
        layout: The checkout.
        staged: The folder of staged files.

    Raises:
        RegenError: If the record is damaged.
    """
    file = staged / layout.spec.name
    spec = file if file.exists() else layout.spec
    folder = staged if (staged / layout.vendored.name).exists() else layout.openapi
    record: dict[str, str] = read_record(layout, folder)["spec"]
    return spec, record


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
