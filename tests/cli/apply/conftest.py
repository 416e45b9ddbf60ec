"""A file as a spreadsheet writes it."""

from pathlib import Path

import pytest

from tests.cli.command import BARBARA, JORDAN, NOBODY

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# As a spreadsheet in Greece saves it: a BOM, semicolons, quotes, CRLF.
SPREADSHEET = (
    "\ufeffid;userName;name.givenName;emails[work];active;" + ENTERPRISE + ":department\r\n"
    f'{BARBARA};;Μπάρμπαρα;new@example.com;;"Tours; ""all"" of them"\r\n'
    f"{JORDAN};;;;no;\r\n"
    f"{NOBODY};;محمد;;;\r\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(SPREADSHEET, encoding="utf-8", newline="")
    return path
