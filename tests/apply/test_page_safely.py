"""The page is safe and readable: nothing from outside is markup, it loads nothing, its colours and filters work."""

import hashlib
import io
import re
import shutil
import subprocess
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files

import pytest

from maia_scim.apply.model import About, Entry, Summary
from maia_scim.apply.page import write_page
from maia_scim.diff import Change, Difference
from tests.apply.pages import ABOUT, OFF, TITLE, WHEN, Page, entry, page, result

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = """</script><img src=x onerror=alert(1)>"'&amp;\u202egnp\x1b[31m"""
SEEN = """</script><img src=x onerror=alert(1)>"'&amp;\\u202egnp\\x1b[31m"""


def test_nothing_from_outside_is_markup():
    name = HOSTILE
    hostile = Entry(
        1,
        2,
        name,
        name,
        "change",
        note=name,
        changes=(
            Change(name, name, name + "x"),
            Change(name, name, "x" + name),
            Change("emails", [{"value": name, "type": name, name: name}], [{"value": 1}]),
            Change("x", None, {name: name}),
        ),
        kept=(Difference(name, name, name),),
        result=result("refused", error=name, request_id=name, differences=(Difference(name, name, name),)),
    )
    about = About("apply", name, name, name, name, name, WHEN)
    entries = [hostile, Entry(2, 3, name, name, "unchanged"), Entry(3, 4, name, name, "invalid", note=name)]
    told = page(entries, Summary(change=1, refused=1, unchanged=1, invalid=1), about, [name])
    assert not told.all("img")
    assert len(told.all("script")) == 1
    assert "<img" not in told.source
    assert "onerror=alert(1)>" not in told.source
    assert "\u202e" not in told.source
    assert "\x1b" not in told.source
    assert told.text.count(SEEN) > 20
    known = (
        "class id data-f data-t data-state data-any type disabled scope datetime lang charset http-equiv content name "
        "role aria-label aria-live aria-hidden hidden for placeholder autocomplete autocapitalize spellcheck"
    )
    assert {attribute for _, attributes in told.elements for attribute in attributes} <= {*known.split()}


def test_passwords_are_not_told():
    told = page([entry(1, Change("password", None, "s3cret"), Change("x", None, [{"password": "s3cret"}]))])
    assert "s3cret" not in told.source
    assert "***" in told.text


def test_it_loads_nothing_and_runs_only_its_own():
    told = page([entry(1, TITLE)], Summary(change=1))
    (policy,) = [each["content"] for each in told.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None

    def hash_of(name: str) -> str:
        return "'sha256-" + b64encode(hashlib.sha256(told.texts[name].encode()).digest()).decode() + "'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {hash_of('style')}",
        f"script-src {hash_of('script')}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    for _, attributes in told.elements:
        assert not {"src", "href", "srcset", "action", "style", "background"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in told.texts["style"]
    assert "@import" not in told.texts["style"]
    assert not re.search(r"https?://|innerHTML|eval|fetch|import", told.texts["script"])
    before = told.source.index("Content-Security-Policy")
    assert before < told.source.index("<style>") < told.source.index("<script>")


def test_it_is_read_without_its_script():
    told = page([entry(1, OFF)], Summary(change=1))
    assert all("disabled" in each for each in told.all("button") if "data-state" in each)  # it would do nothing
    (tools,) = [each for each in told.all("div") if each.get("class") == "tools"]
    assert "hidden" in tools
    assert all("hidden" not in each for each in told.all("article") + told.all("section"))


def test_warnings_are_told_first():
    told = page([entry(1, OFF)], Summary(change=1), warnings=["The service has no versions.", "Two"])
    assert told.text.index("The service has no versions.") < told.text.index("deactivations")
    assert 'class="warnings"' not in page().source


def test_a_plan_of_nothing_is_a_page():
    told = page()
    assert "0 users to change" in told.text
    assert told.all("section") == []


def test_the_same_plan_gives_the_same_page():
    entries = [entry(1, OFF), entry(2, TITLE), entry(3, state="unchanged")]
    assert page(entries).source == page(entries).source


class Nowhere(io.StringIO):
    size = 0

    def write(self, text: str) -> int:
        self.size += len(text)
        return len(text)


def test_memory_does_not_grow_with_the_entries():
    def many(count: int) -> Iterator[Entry]:
        for at in range(1, count + 1):
            yield entry(at, Change("title", "x" * 400, "y" * 400)) if at % 2 else entry(at, state="unchanged")

    def peak(count: int) -> int:
        out = Nowhere()
        tracemalloc.start()
        write_page(out, ABOUT, Summary(), many(count))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert out.size > 500 * count
        return most

    peak(10)
    small, large = peak(2000), peak(10_000)
    assert large < small + 200_000


def colours(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text))


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_text_can_be_told_from_its_ground():
    css = (files("maia_scim") / "apply" / "page.css").read_text("utf-8")
    themes = [colours(block) for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)]
    assert len(themes) == 3
    pairs = [(ink, ground) for ink in ("ink", "soft", "alarm") for ground in ("ground", "panel")]
    pairs += [("old-ink", "old"), ("old-ink", "old-mark"), ("new-ink", "new"), ("new-ink", "new-mark")]
    pairs += [("loud-ink", "loud"), ("care-ink", "care")]
    for theme in themes[:2]:  # the third is paper
        for ink, ground in pairs:
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        for ground in ("ground", "panel"):
            assert contrast(theme["focus"], theme[ground]) >= 3


# In a browser.


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    """Opens a page of four rows at an address, and gives it as it is then."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium to open the page in")
    folder = tmp_path_factory.mktemp("page")
    path = folder / "plan.html"
    entries = [
        entry(1, OFF),
        entry(2, Change("displayName", "Jörg Müller", "Jörg Möller")),
        entry(3, state="unchanged"),
        entry(4, state="invalid", note="column active: <b>ja</b>"),
    ]
    with path.open("w", encoding="utf-8", newline="") as out:
        write_page(out, ABOUT, Summary(change=2, unchanged=1, invalid=1, deactivations=1), entries)

    def browse(fragment: str) -> Page:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
        address = f"{path.as_uri()}{fragment}"
        ran = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, timeout=60, check=True)
        return Page(ran.stdout)

    return browse


def rows(of: Page) -> list[str]:
    shown = [each for each in of.all("article") + of.all("li") if "data-f" in each and "hidden" not in each]
    return [str(each.get("id", "unchanged")) for each in shown]


@pytest.mark.parametrize(
    ("fragment", "shown", "status"),
    [
        ("", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#n2", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#state=no+such", ["n1", "n2", "n4", "unchanged"], "4 rows"),
        ("#state=not_found", ["n1", "n2", "n4", "unchanged"], "4 rows"),  # there is none to show
        ("#state=deactivations", ["n1"], "1 of 4 shown: deactivations"),
        ("#state=unchanged", ["unchanged"], "1 of 4 shown: unchanged"),
        ("#q=muller", ["n2"], "1 of 4 shown: “muller”"),
        ("#q=M%C3%96LLER+line", ["n2"], "1 of 4 shown: “MÖLLER line”"),
        ("#q=id-3", ["unchanged"], "1 of 4 shown: “id-3”"),
        ("#q=before", [], "0 of 4 shown: “before”"),  # a heading of columns, which is no value
        ("#q=%3Cb%3Eja&state=invalid", ["n4"], "1 of 4 shown: invalid, “<b>ja”"),
        ("#q=user&state=change", ["n1", "n2"], "2 of 4 shown: to change, “user”"),
    ],
)
def test_the_address_sets_the_filter(browsed, fragment, shown, status):
    told = browsed(fragment)
    assert rows(told) == shown
    assert status in told.text
    (nothing,) = [each for each in told.all("p") if each.get("id") == "nothing"]
    assert ("hidden" in nothing) == bool(shown)
    pressed = [each["data-state"] for each in told.all("button") if each.get("aria-pressed") == "true"]
    assert pressed == (re.findall(r"state=(\w+)", fragment) if "shown: " in status else [])
    assert ["open" in each for each in told.all("details")] == ["shown:" in status]


def test_the_script_makes_the_filters_work(browsed):
    told = browsed("")
    enabled = {each["data-state"] for each in told.all("button") if "data-state" in each and "disabled" not in each}
    assert enabled == {"change", "deactivations", "unchanged", "invalid"}
    assert all("hidden" not in each for each in told.all("div") if each.get("class") == "tools")
