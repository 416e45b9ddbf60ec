"""Taking in what the vendor publishes."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from scripts.regen import document, merge, vendor
from scripts.regen.errors import Exit
from scripts.regen.layout import Layout
from tests.regen.checkout import PAGE, ROOT, SPEC, USER, Checkout, page, slice_of

TODAY = datetime.date(2030, 1, 2)


def test_the_vendored_file_is_what_the_vendored_page_holds() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    _, _, rest = text.partition("````yaml /openapi/public-api-endpoint-reference.yaml")
    block = rest.partition("\n")[2].rpartition("````")[0]
    assert document.load((ROOT / SPEC).read_text(encoding="utf-8")) == document.load(block)


def test_the_record_names_the_vendored_files() -> None:
    layout = Layout(ROOT)
    record = vendor.read_record(layout)
    for entry in (record["spec"], *record["pages"]):
        assert entry["sha256"] == vendor.sha256((layout.openapi / entry["file"]).read_text(encoding="utf-8"))
        assert entry["url"].startswith("https://docs.maia.ai/")
        assert datetime.date.fromisoformat(entry["date"]).isoformat() == entry["date"]


@pytest.mark.parametrize("ticks", ["```", "````", "``````"])
@pytest.mark.parametrize("header", ["", " /openapi/x.yaml put /x"])
def test_a_block_is_cut_whatever_its_fence(ticks: str, header: str) -> None:
    spec = {"openapi": "3.1.0", "paths": {"/x": {"put": {"description": "a\n```\nb"}}}}
    block, line = vendor.cut(page(spec, fence=ticks, header=header), "page.md")
    # A line of three backticks inside ends a fence of three, unless it is indented as YAML indents it.
    assert document.load(block) == spec
    assert line == 7


def test_other_code_on_the_page_is_passed_over() -> None:
    text = "```sh\nopenapi --help\n```\n\n" + page({"openapi": "3.1.0"}) + "\n~~~\n```json\n{}\n```\n"
    assert document.load(vendor.cut(text, "page.md")[0]) == {"openapi": "3.1.0"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.md", "anything", True),
        ("x.yaml", "```yaml\n", False),
        ("x", "openapi: 3.1.0\ninfo:\n  description: |\n```\n", False),
        ("x", "# Page\n```yaml\nopenapi: 3.1.0\n```\n", True),
        ("x", "<!DOCTYPE html>", True),
        ("x", '{"openapi": "3.1.0"}', False),
    ],
)
def test_pages_are_told_from_specifications(name: str, text: str, expected: bool) -> None:
    assert vendor.is_page(vendor.Source(text, "file:x", name)) is expected


def test_json_is_kept_as_yaml(checkout: Checkout) -> None:
    file = checkout.write("../next.json", json.dumps(checkout.spec()))
    update = vendor.take(Layout(checkout.root), str(file), accept=False, today=TODAY)
    assert update.files["public-api-endpoint-reference.yaml"] == checkout.read(SPEC).rstrip("\n") + "\n"


def test_what_is_recorded_is_the_day_of_vendoring(checkout: Checkout) -> None:
    spec = checkout.spec()
    spec["info"]["title"] = "New"
    file = checkout.write("../next.yaml", document.dump(spec))
    update = vendor.take(Layout(checkout.root), str(file), accept=False, today=TODAY)
    entry = json.loads(update.files["vendored.json"])["spec"]
    assert entry == {
        "file": "public-api-endpoint-reference.yaml",
        "url": "file:next.yaml",
        "date": "2030-01-02",
        "sha256": vendor.sha256(document.dump(spec)),
    }


@pytest.mark.parametrize("name", [SPEC, PAGE])
def test_what_is_vendored_already_brings_nothing(checkout: Checkout, name: str) -> None:
    assert vendor.take(Layout(checkout.root), str(checkout.root / name), accept=False, today=TODAY).files == {}


def test_line_ends_and_byte_order_mark_do_not_matter(checkout: Checkout) -> None:
    text = checkout.read(SPEC).replace("\n", "\r\n")
    (checkout.root / "../next.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    update = vendor.take(Layout(checkout.root), str(checkout.root / "../next.yaml"), accept=False, today=TODAY)
    assert update.files == {}


def test_a_first_page_is_the_specification(checkout: Checkout) -> None:
    (checkout.root / SPEC).unlink()
    (checkout.root / "openapi/vendored.json").unlink()
    update = vendor.take(Layout(checkout.root), str(ROOT / PAGE), accept=False, today=TODAY)
    assert document.load(update.files["public-api-endpoint-reference.yaml"]) == document.load(
        (ROOT / SPEC).read_text(encoding="utf-8")
    )
    assert json.loads(update.files["vendored.json"])["pages"][0]["url"] == "file:update-scim-user.md"


@pytest.mark.parametrize(
    "record",
    ["", "[]", "{}", '{"spec": {}, "pages": []}', '{"spec": {"url": 1, "date": "", "sha256": ""}, "pages": []}'],
)
def test_a_damaged_record_is_refused(checkout: Checkout, record: str) -> None:
    checkout.write("openapi/vendored.json", record)
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "openapi/vendored.json" in done.err
    assert "git checkout" in done.err


class Site(BaseHTTPRequestHandler):
    """Serves what `pages` holds, and a redirect to it."""

    pages: ClassVar[dict[str, bytes]] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/moved"):
            self.send_response(301)
            self.send_header("Location", path.removeprefix("/moved"))
            self.end_headers()
            return
        body = self.pages.get(path)
        self.send_response(200 if body is not None else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    Site.pages = {}


def test_a_url_is_fetched_and_recorded_without_its_secrets(checkout: Checkout, site: str) -> None:
    spec = checkout.spec()
    spec["servers"].append({"description": "AU1", "url": "https://au1.api.matillion.com/dpc"})
    Site.pages = {"/api/update-scim-user.md": page(slice_of(spec, USER, "put")).encode()}
    done = checkout.regen("--spec", f"http://me:hunter2@{site}/moved/api/update-scim-user.md?token=hunter2#top")
    assert done.code == Exit.OK, done.err
    assert "Region.AU1 is new" in done.out
    record = json.loads(checkout.read("openapi/vendored.json"))
    assert record["spec"]["url"] == f"http://{site}/moved/api/update-scim-user.md"
    assert record["pages"][0]["url"] == record["spec"]["url"]
    assert f'url="{record["spec"]["url"]}"' in checkout.read("generated/maia_public_api/spec.py")
    assert "hunter2" not in done.out + "".join(map(str, checkout.tree().values()))


@pytest.mark.parametrize(
    ("source", "code", "word"),
    [
        ("http://me:hunter2@{site}/nothing?token=hunter2", Exit.MACHINE, "the server answered 404"),
        ("http://me:hunter2@127.0.0.1:1/x", Exit.MACHINE, "ConnectError"),
        ("http://:hunter2@[::1/x", Exit.REFUSED, "no URL"),
        ("ftp://me:hunter2@example.com/x", Exit.REFUSED, "only http and https"),
        ("no/such/file.yaml", Exit.REFUSED, "No such file"),
        (".", Exit.REFUSED, "Is a directory"),
    ],
)
def test_what_cannot_be_had_is_told(checkout: Checkout, site: str, source: str, code: Exit, word: str) -> None:
    before = checkout.tree()
    done = checkout.regen("--spec", source.format(site=site))
    assert done.code == code
    assert word in done.err
    assert "hunter2" not in done.err
    assert checkout.tree() == before


def test_what_is_no_text_is_refused(checkout: Checkout) -> None:
    (checkout.root / "../next.yaml").write_bytes(b"openapi: \xff")
    done = checkout.regen("--spec", str(checkout.root / "../next.yaml"))
    assert done.code == Exit.REFUSED
    assert "it is not UTF-8: invalid start byte at byte 9" in done.err


def small(**changes: Any) -> dict[str, Any]:
    """A specification of two operations: one uses A (and through it B), the other uses B."""
    ref = "#/components/schemas/"
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": f"{ref}A"}}}}}
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://a.io"}, {"url": "https://b.io"}],
        "security": [{"bearer": []}],
        "tags": [{"name": "one"}, {"name": "two"}],
        "paths": {
            "/a": {"put": {"operationId": "a", **body}},
            "/b": {"parameters": [{"name": "x", "in": "query", "schema": {"$ref": f"{ref}B"}}], "get": {}},
        },
        "components": {
            "schemas": {
                "A": {"type": "object", "properties": {"b": {"$ref": f"{ref}B"}, "n": {"type": "string"}}},
                "B": {"type": "string", "enum": ["x", "y"]},
            }
        },
    }
    return whole | changes


def test_a_slice_replaces_what_it_names_and_keeps_the_rest() -> None:
    cut = slice_of(small(), "/a", "put")
    cut["paths"]["/a"]["put"]["summary"] = "New"
    cut["components"]["schemas"] = {"C": {"type": "string"}}
    cut["tags"] = [{"name": "two", "description": "Second"}, {"name": "three"}]
    cut["servers"] = [{"url": "https://c.io"}]
    old = small()
    merged = merge.slice_into(old, cut)
    assert old == small()
    assert merged.conflicts == []
    assert merged.spec["paths"]["/b"] == old["paths"]["/b"]
    assert merged.spec["paths"]["/a"]["put"]["summary"] == "New"
    assert merged.spec["components"]["schemas"].keys() == {"A", "B", "C"}
    assert [tag["name"] for tag in merged.spec["tags"]] == ["one", "two", "three"]
    assert merged.spec["tags"][1]["description"] == "Second"
    assert [server["url"] for server in merged.spec["servers"]] == ["https://a.io", "https://b.io", "https://c.io"]
    assert merged.notes == [
        "replaced: PUT /a",
        "added: components/schemas/C",
        "added: server https://c.io",
        "kept, though not on the page: server https://a.io",
        "kept, though not on the page: server https://b.io",
        "replaced: tag two",
        "added: tag three",
    ]


def test_servers_come_in_the_order_of_a_page_that_names_all() -> None:
    order = ["https://b.io", "https://c.io", "https://a.io"]
    cut = slice_of(small(), "/a", "put") | {"servers": [{"url": url} for url in order]}
    assert [server["url"] for server in merge.slice_into(small(), cut).spec["servers"]] == order


def test_a_loss_is_a_conflict_where_another_operation_reaches_it() -> None:
    cut = slice_of(small(), "/a", "put")
    cut["components"]["schemas"]["B"]["enum"] = ["x", "z"]
    del cut["components"]["schemas"]["A"]["properties"]["n"]
    merged = merge.slice_into(small(), cut)
    assert merged.conflicts == ["B: removed (y); used by GET /b"]
    assert "  A.n: removed (string)" in merged.notes
    assert "  B: added (z)" in merged.notes


def test_a_new_type_is_a_loss() -> None:
    cut = slice_of(small(), "/a", "put")
    cut["components"]["schemas"]["B"] = {"type": "integer"}
    assert merge.slice_into(small(), cut).conflicts == ["B: changed (string enum → integer); used by GET /b"]


def test_other_security_is_a_conflict_for_the_others() -> None:
    cut: dict[str, Any] = slice_of(small(), "/a", "put") | {"security": []}
    merged = merge.slice_into(small(), cut)
    assert merged.conflicts == ["the top-level security changes, also for GET /b"]
    only = small(paths={"/a": small()["paths"]["/a"]})
    assert merge.slice_into(only, cut).conflicts == []


def test_a_slice_without_servers_and_tags_adds_none() -> None:
    cut = slice_of(small(), "/a", "put")
    del cut["servers"], cut["tags"]
    bare = {key: value for key, value in small().items() if key not in {"servers", "tags"}}
    assert merge.slice_into(bare, cut).spec == bare


@pytest.mark.parametrize(
    ("path", "name"),
    [("/a/..%2F..%2Fx.md", "2F..-2Fx.md"), ("/a/my page", "my-20page.md"), ("/.md", "md.md"), ("/", "page.md")],
)
def test_a_page_stays_in_its_folder(checkout: Checkout, site: str, path: str, name: str) -> None:
    spec = checkout.spec()
    spec["info"]["title"] = "New"
    Site.pages = {path.replace(" ", "%20"): page(spec).encode()}
    url = f"http://{site}{path.replace(' ', '%20')}"
    update = vendor.take(Layout(checkout.root), url, accept=False, today=TODAY)
    assert update.files.keys() == {f"pages/{name}", "public-api-endpoint-reference.yaml", "vendored.json"}
