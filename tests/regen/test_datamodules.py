"""The modules that regeneration writes itself."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from scripts.regen import datamodules
from scripts.regen.errors import RegenError


def servers(*pairs: tuple[str | None, str]) -> dict[str, Any]:
    return {"servers": [{"url": url} | ({"description": name} if name else {}) for name, url in pairs]}


def loaded(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "loaded"}
    exec(compile(source, "<generated>", "exec"), namespace)
    return namespace


@pytest.mark.parametrize(
    ("description", "url", "name"),
    [
        ("EU1", "https://eu1.api.example.com/dpc", "EU1"),
        (" EU1 ", "https://x.example.com", "EU1"),
        (None, "https://eu1.api.example.com/dpc", "EU1"),
        ("The European region", "https://eu1.api.example.com/dpc", "EU1"),
        ("class", "https://eu1.api.example.com", "EU1"),
        ("upper", "https://eu1.api.example.com", "EU1"),
        ("url", "https://eu1.api.example.com", "EU1"),
        ("_eu", "https://eu1.api.example.com", "EU1"),
        (None, "https://eu-1.api.example.com:8443", "EU_1"),
    ],
)
def test_a_server_is_named(description: str | None, url: str, name: str) -> None:
    assert datamodules.regions(servers((description, url))) == {name: url}


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([], "names no server"),
        ([("EU1", "/dpc")], "no absolute URL"),
        ([("EU1", "https://{region}.example.com")], "no absolute URL"),
        ([("EU1", "ftp://example.com")], "no absolute URL"),
        ([("Europe 1", "https://1.example.com")], "no region can be named"),
        ([("EU1", "https://a.io"), ("eu1", "https://b.io")], "would both be region eu1"),
    ],
)
def test_servers_that_make_no_regions_are_refused(pairs: list[tuple[str, str]], word: str) -> None:
    with pytest.raises(RegenError) as error:
        datamodules.regions(servers(*pairs))
    assert word in error.value.why
    assert error.value.remedy
    assert error.value.where.startswith("/servers")


def test_regions_are_found_in_any_case() -> None:
    source = datamodules.servers_module(servers(("EU1", "https://eu.io/dpc"), ("US1", "https://us.io/dpc")))
    region = loaded(source)["Region"]
    assert list(region) == ["EU1", "US1"]
    assert region("EU1") is region("eu1") is region(" Eu1 ") is region.EU1
    assert (region.EU1.url, region.US1.url) == ("https://eu.io/dpc", "https://us.io/dpc")
    for wrong in ("AU1", "", None, 1):
        with pytest.raises(ValueError, match="is not a valid Region"):
            region(wrong)


def test_text_of_the_specification_stays_text() -> None:
    url = 'https://x.io/"\\\n{}é'
    assert (
        loaded(datamodules.servers_module(servers(("EU1", 'https://eu.io/"\\'))))["Region"].EU1.url
        == 'https://eu.io/"\\'
    )
    spec = loaded(datamodules.spec_module(url=url, date="2026-11-24", sha256="ab"))["SPEC"]
    assert spec == (url, "2026-11-24", "ab")
    assert (spec.url, spec.date, spec.sha256) == spec


def test_the_modules_import_neither_attrs_nor_httpx() -> None:
    program = (
        "import sys, maia_public_api.servers, maia_public_api.spec\n"
        "print(sorted({'attr', 'attrs', 'httpx'} & sys.modules.keys()))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"
