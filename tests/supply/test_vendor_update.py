"""The weekly update: what the vendor publishes now, and the version that it calls for."""

from __future__ import annotations

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import maia_scim
from scripts import vendor_update
from scripts.regen.errors import Exit
from tests.regen.checkout import PAGE, Checkout

AU1 = "  - description: AU1\n    url: https://au1.api.matillion.com/dpc\n"
VERSION = "maia_scim/_version.py"


class Vendor:
    """Publishes a page, or one after the other; the last one stays."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = vendor.pages.pop(0) if len(vendor.pages) > 1 else vendor.pages[0]
                self.send_response(200)
                self.send_header("Content-Type", "text/markdown")
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/update-scim-user.md"


@pytest.fixture
def vendor():
    vendor = Vendor()
    threading.Thread(target=vendor.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield vendor
    vendor.server.shutdown()
    vendor.server.server_close()


def git(checkout, *arguments):
    command = ["git", "-c", "user.name=Me", "-c", "user.email=me@example.com", *arguments]
    return subprocess.check_output(command, cwd=checkout.root, text=True)


@pytest.fixture
def released(tmp_path, vendor):
    """A copy that was released as it stands, whose page comes from the vendor."""
    checkout = Checkout.create(tmp_path / "repo", "scripts")
    [address] = vendor_update.addresses(checkout.root)
    checkout.write("openapi/vendored.json", checkout.read("openapi/vendored.json").replace(address, vendor.url))
    vendor.pages = [checkout.read(PAGE)]
    assert checkout.regen().code == Exit.OK
    checkout.write(".gitignore", "__pycache__/\n.regen/\n")
    git(checkout, "init", "--quiet")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message=Release")
    git(checkout, "tag", f"v{maia_scim.__version__}")
    return checkout


def state(checkout):
    return git(checkout, "status", "--porcelain")


def with_region(page):
    assert "security:\n" in page
    return page.replace("security:\n", AU1 + "security:\n", 1)


def test_something_new_raises_the_version_and_is_reported_once(released, vendor, capfd):
    assert vendor_update.main(released.root) == 0  # nothing new yet
    assert state(released) == ""
    assert "regen: nothing changed" in capfd.readouterr().out
    vendor.pages = [with_region(vendor.pages[0])]

    assert vendor_update.main(released.root) == 0

    assert 'AU1 = "' in released.read("generated/maia_public_api/servers.py")
    version = released.read(VERSION).split('"')[-2]
    assert version != maia_scim.__version__
    assert f"raised the version to {version}\n" in capfd.readouterr().out
    assert "Region.AU1 is new" in released.read("changes/specification.service.md")
    git(released, "add", "--all")
    git(released, "commit", "--quiet", "--message=Update")
    assert vendor_update.main(released.root) == 0  # next week
    assert state(released) == ""


def test_a_refusal_is_told_and_takes_the_raised_version_back(released, vendor, capfd):
    vendor.pages = [with_region(vendor.pages[0]), "# Nothing here\n"]

    assert vendor_update.main(released.root) == Exit.REFUSED

    out, err = capfd.readouterr()
    assert "raised the version to " in out
    assert "regen stopped at step 'vendor'" in err
    assert state(released) == ""
