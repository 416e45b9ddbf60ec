"""The built documentation in the Chromium of the system: navigation, search, and pages that fit a phone."""

from __future__ import annotations

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.docs.building import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECTIONS = ("Tutorial", "How to", "Reference", "Explanation")
PHONE = {"width": 390, "height": 844}
# What reaches beyond the page, but for what can be scrolled to in a box of its own.
BEYOND = """() => {
    const scrolls = (each) => ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
    const boxed = (each) => each && (scrolls(each) || boxed(each.parentElement));
    const beyond = [...document.querySelectorAll("article *")].filter(
        (each) => each.getBoundingClientRect().right > innerWidth + 1 && !boxed(each));
    return [document.documentElement.scrollWidth > innerWidth, beyond.map((each) => each.outerHTML.slice(0, 100))];
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served, on this machine alone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address, request):
    """A page on which nothing goes wrong and no request leaves this machine."""
    context = browser.new_context(**getattr(request, "param", {}))
    page, trouble, asked = context.new_page(), [], []
    page.on("console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda answer: trouble.append(answer.url) if answer.status >= 400 else None)
    yield page
    context.close()
    assert trouble == []
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_each_section_opens_and_leads_on(page, address):
    page.goto(address)
    for section in SECTIONS:
        page.locator(".md-tabs").get_by_role("link", name=section, exact=True).click()
        expect(page.locator(".md-tabs__item--active")).to_have_text(section)
        first = page.url
        page.get_by_role("link", name="Next: ").click()
        expect(page.locator("h1")).to_be_visible()
        assert page.url != first


def test_links_in_the_text_lead_to_their_heading(page, address):
    page.goto(f"{address}reference/limits/")
    page.locator("article").get_by_role("link", name="Errors and retries").first.click()
    page.wait_for_url("**/errors/#what-is-tried-again")
    expect(page.locator("#what-is-tried-again")).to_be_in_viewport()


def test_types_of_a_signature_lead_to_their_entry(page, address):
    page.goto(f"{address}reference/users/")
    page.locator("article pre").get_by_role("link", name="Guard").first.click()
    page.wait_for_url("**/#maia_scim.core.Guard")
    expect(page.locator('[id="maia_scim.core.Guard"]')).to_be_in_viewport()


@pytest.mark.parametrize(
    ("words", "title", "path", "anchor"),
    [
        ("LossyReplace", "LossyReplace", "reference/errors/", "maia_scim.errors.LossyReplace"),
        ("many at once", "How many at once", "speed/", "how-many-at-once"),
    ],
)
def test_search_finds_and_leads_there(words, title, path, anchor, page, address):
    page.goto(address)
    page.locator(".md-search__button").click()
    page.keyboard.type(words)
    expect(page.get_by_role("option").first).to_contain_text(title)  # what the first letters found is gone
    page.get_by_role("option").first.click()
    page.wait_for_url(f"{address}{path}*")
    assert urlsplit(page.url).fragment == anchor
    expect(page.locator(f'[id="{anchor}"]')).to_be_in_viewport()


def test_every_page_fits_a_phone(browser, address):
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    wide = {}
    for file in sorted((ROOT / "docs").glob("**/*.md")):
        name = file.relative_to(ROOT / "docs").with_suffix("").as_posix()
        path = name.removesuffix("index") if name.endswith("index") else f"{name}/"
        page.goto(f"{address}{path}")
        scrolls, beyond = page.evaluate(BEYOND)
        if scrolls or beyond:
            wide[path] = beyond
    context.close()
    assert wide == {}


def test_what_is_not_there_is_told_in_the_same_dress(page, address):
    page.goto(f"{address}404.html")
    expect(page.locator("h1")).to_contain_text("404")
    page.locator(".md-tabs").get_by_role("link", name="Tutorial").click()
    expect(page.locator("h1")).to_contain_text("Tutorial")
