"""What the package brings with it is listed, under licences that somebody has looked at."""

from __future__ import annotations

import sys

import pytest

from scripts import licence_table
from tests.supply.pinned import pins

SAME = pytest.mark.skipif(
    (sys.version_info[:2], sys.platform) != ((3, 11), "linux"), reason="the table is of Python 3.11 on Linux"
)


@SAME
def test_the_table_is_what_the_script_writes():
    page = licence_table.PAGE.read_text("utf-8")

    assert licence_table.page(page) == page, "python -m scripts.licence_table"


@SAME
def test_all_that_an_installation_brings_is_in_it():
    lowest = {*pins("constraints-lowest.txt")}
    listed = {each.name for each in licence_table.packages()}
    suite = {"execnet", "h2", "hpack", "hyperframe", "hypercorn", "hypothesis", "iniconfig", "packaging", "pluggy"}
    suite |= {"priority", "pytest", "pytest-asyncio", "pytest-xdist", "ruamel-yaml", "sortedcontainers", "wsproto"}

    assert lowest - listed - suite == {"async-timeout", "six", "sniffio"}  # which the page names besides
    assert listed - lowest == {"tzdata"}


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ({"License-Expression": "MIT"}, "MIT"),
        ({"License-Expression": "GPL-3.0-only OR BSD-3-Clause"}, "GPL-3.0-only OR BSD-3-Clause"),
        ({"License": "Apache License"}, "Apache-2.0"),
        ({"License": "Permission is hereby…", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License-Expression": "GPL-3.0-only", "Classifier": "License :: OSI Approved :: MIT License"}, None),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, None),
        ({"License": "Proprietary"}, None),
        ({}, None),
    ],
)
def test_a_licence_is_read_off_what_is_installed_or_refused(said, licence, tmp_path, monkeypatch):
    folder = tmp_path / "other_package-1.0.dist-info"
    folder.mkdir()
    lines = "".join(f"{name}: {value}\n" for name, value in said.items())
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: other-package\nVersion: 1.0\n{lines}", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    package = licence_table.Package("other-package")

    if licence:
        assert package.licence == licence
    else:
        with pytest.raises(ValueError, match="other-package has a licence that is not in"):
            _ = package.licence
