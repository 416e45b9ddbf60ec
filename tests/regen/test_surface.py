"""The difference of two generated packages, as code that uses them sees it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.regen.errors import RegenError
from scripts.regen.surface import compare

USER = '''\
from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, field

from ..types import Model
from .email import Email


@define(kw_only=True, repr=False)
class ScimUser(Model):
    """A user"""

    _names: ClassVar[frozenset[str]] = frozenset(("title", "emails"))
    title: str | None = None
    emails: list[Email] = field(factory=list)
    additional_properties: dict[str, Any] = field(factory=dict)
    _source: dict[str, Any] = field(factory=dict, eq=False, alias="_source")

    def to_dict(self) -> dict[str, Any]:
        return {}
'''
OPERATION = '''\
from typing import Any

from ...client import AuthenticatedClient, Client
from ...models.problem_detail import ProblemDetail
from ...models.scim_user import ScimUser
from ...types import UNSET, Response, Unset

PATH = "/v1/Users/{id}"


def _build_response(response: Any) -> int:
    return 1


def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ScimUser,
    limit: int | Unset = 20,
) -> ProblemDetail | ScimUser | None:
    """Update SCIM User"""


async def asyncio(id: str, *, client: Client, body: ScimUser) -> Response[ProblemDetail | ScimUser]:
    """Update SCIM User"""
'''
PACKAGE = {
    "__init__.py": "",
    "api/__init__.py": "",
    "api/directory_integration/__init__.py": "",
    "api/directory_integration/update_user.py": OPERATION,
    "client.py": """\
from typing import Any

from attrs import define, field


@define
class Client:
    raise_on_unexpected_status: bool = field(default=False, kw_only=True)
    _base_url: str = field(alias="base_url")
    _timeout: float | None = field(default=None, kw_only=True, alias="timeout")
    _client: Any = field(default=None, init=False)

    @property
    def base_url(self) -> str:
        return self._base_url
""",
    "models/__init__.py": """\
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .email import Email
    from .email_type import EmailType
    from .scim_user import ScimUser

_MODULES = {"Email": ".email"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        return name


__all__ = ("Email", "EmailType", "ScimUser")
""",
    "models/email.py": """\
from attrs import define


@define(kw_only=True)
class Email:
    value: str | None = None
""",
    "models/email_type.py": """\
from enum import StrEnum


class EmailType(StrEnum):
    WORK = "work"
    HOME = "home"
""",
    "models/scim_user.py": USER,
    "types.py": "class Unset:\n    pass\n\n\nUNSET = Unset()\n\n\nclass Model:\n    __slots__ = ()\n",
    "spec.py": 'from typing import Final\n\nSPEC: Final = ("https://example.com", "2026-01-01")\n',
}


def package(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / "maia_public_api" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder / "maia_public_api"


def edited(file: str, *replacements: tuple[str, str]) -> dict[str, str]:
    text = PACKAGE[file]
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return {**PACKAGE, file: text}


MODEL, UPDATE = "models/scim_user.py", "api/directory_integration/update_user.py"
SYNC, ASYNCIO = "api.directory_integration.update_user.sync", "api.directory_integration.update_user.asyncio"

# Each finding as (name, action, bump, before, after).
CASES = [
    pytest.param(
        edited(MODEL, ("    emails", "    nick_name: str | None = None\n    emails")),
        [("models.ScimUser.nick_name", "added", "minor", None, None)],
        id="field inserted in the middle of a keyword-only model",
    ),
    pytest.param(
        edited(MODEL, ("title: str", "title: int")),
        [("models.ScimUser.title", "changed", "major", "str | None", "int | None")],
        id="attribute type",
    ),
    pytest.param(
        edited(MODEL, ("list[Email]", "list[str]")),
        [("models.ScimUser.emails", "changed", "major", "list[Email]", "list[str]")],
        id="type of an array's items",
    ),
    pytest.param(
        edited(MODEL, ("    title: str | None = None\n", "")),
        [("models.ScimUser.title", "removed", "major", None, None)],
        id="attribute gone",
    ),
    pytest.param(
        edited(MODEL, ("title: str | None = None", "title: str | None = field(default=None, repr=False)")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="the same default, written as a field",
    ),
    pytest.param(
        edited(MODEL, ("title: str | None = None", 'title: "None | Optional[str]" = None')),
        [("maia_public_api", "changed", "patch", None, None)],
        id="the same union, written otherwise",
    ),
    pytest.param(
        edited(MODEL, ("title: str | None = None", "title: str | None")),
        [("models.ScimUser(title)", "changed", "major", None, None)],
        id="attribute that the constructor demands now",
    ),
    pytest.param(
        edited(MODEL, ("    emails", "    nick_name: str | None = field(repr=False)\n    emails")),
        [
            ("models.ScimUser(nick_name)", "added", "major", None, None),
            ("models.ScimUser.nick_name", "added", "minor", None, None),
        ],
        id="new attribute that the constructor demands",
    ),
    pytest.param(
        edited(MODEL, ("kw_only=True, ", "")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="a constructor that takes positional arguments as well",
    ),
    pytest.param(
        edited(MODEL, ("_source: dict[str, Any] = field(factory=dict, eq=False", "_source: Any = field(factory=list")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="private attribute",
    ),
    pytest.param(
        edited(MODEL, ('"""A user"""', '"""A person"""')),
        [("maia_public_api", "changed", "patch", None, None)],
        id="docstring",
    ),
    pytest.param(
        edited(MODEL, ("class ScimUser(Model)", "class ScimUser")),
        [("models.ScimUser", "changed", "major", "Model", None)],
        id="base class gone",
    ),
    pytest.param(
        {
            key: text
            for key, text in edited("models/__init__.py", ('"Email", ', "")).items()
            if key != "models/email.py"
        },
        [("models.Email", "removed", "major", None, None)],
        id="model gone",
    ),
    pytest.param(
        {**PACKAGE, "models/photo.py": "class Photo:\n    pass\n"},
        [("models.Photo", "added", "minor", None, None)],
        id="model added",
    ),
    pytest.param(
        edited("models/email_type.py", ('    HOME = "home"\n', "")),
        [("models.EmailType.HOME", "removed", "major", None, None)],
        id="enum member gone",
    ),
    pytest.param(
        edited("models/email_type.py", ('"home"\n', '"home"\n    OTHER = "other"\n')),
        [("models.EmailType.OTHER", "added", "minor", None, None)],
        id="enum member added",
    ),
    pytest.param(
        edited("models/email_type.py", ('HOME = "home"', 'HOME = "house"')),
        [("models.EmailType.HOME", "changed", "major", "'home'", "'house'")],
        id="enum member of another value",
    ),
    pytest.param(
        {
            **{key: text for key, text in PACKAGE.items() if key != UPDATE},
            UPDATE.replace("update", "replace"): OPERATION,
        },
        [
            ("api.directory_integration.replace_user", "added", "minor", None, None),
            ("api.directory_integration.update_user", "removed", "major", None, None),
        ],
        id="operation renamed",
    ),
    pytest.param(
        edited(UPDATE, ("-> ProblemDetail | ScimUser | None", "-> ProblemDetail | str | None")),
        [(SYNC, "changed", "major", "ProblemDetail | ScimUser | None", "ProblemDetail | str | None")],
        id="result type",
    ),
    pytest.param(
        edited(UPDATE, ("-> ProblemDetail | ScimUser | None", "-> ScimUser | None")),
        [(SYNC, "changed", "minor", "ProblemDetail | ScimUser | None", "ScimUser | None")],
        id="result of fewer types",
    ),
    pytest.param(
        edited(UPDATE, ("-> ProblemDetail | ScimUser | None", "")),
        [(SYNC, "changed", "major", "ProblemDetail | ScimUser | None", "Any")],
        id="result without a type",
    ),
    pytest.param(
        edited(UPDATE, ("[ProblemDetail | ScimUser]", "[Union[ScimUser, ProblemDetail]]")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="union in a generic type, written otherwise and in another order",
    ),
    pytest.param(
        edited(UPDATE, ("[ProblemDetail | ScimUser]", "[ScimUser]")),
        [
            (ASYNCIO, "changed", "major", "Response[ProblemDetail | ScimUser]", "Response[ScimUser]"),
        ],
        id="argument of a generic type",
    ),
    pytest.param(
        edited(UPDATE, ("limit: int | Unset", "limit: str | Unset")),
        [(f"{SYNC}(limit)", "changed", "major", "int | Unset", "str | Unset")],
        id="argument type",
    ),
    pytest.param(
        edited(UPDATE, ("limit: int | Unset", "limit: int | str | Unset")),
        [(f"{SYNC}(limit)", "changed", "minor", "int | Unset", "int | str | Unset")],
        id="argument of more types",
    ),
    pytest.param(
        edited(UPDATE, ("limit: int | Unset", "limit: Any")),
        [(f"{SYNC}(limit)", "changed", "minor", "int | Unset", "Any")],
        id="argument of any type",
    ),
    pytest.param(
        edited(UPDATE, ("limit: int | Unset = 20", "limit: int | Unset = 20,\n    order: str | Unset = UNSET")),
        [(f"{SYNC}(order)", "added", "minor", None, None)],
        id="optional keyword argument added",
    ),
    pytest.param(
        edited(UPDATE, ("    limit: int | Unset = 20", "    limit: int | Unset")),
        [(SYNC, "changed", "major", "limit = 20 (keyword-only)", "limit (keyword-only)")],
        id="argument required",
    ),
    pytest.param(
        edited(UPDATE, ("    limit", "    order: str,\n    limit")),
        [(SYNC, "changed", "major", None, "order (keyword-only)")],
        id="required argument added",
    ),
    pytest.param(
        edited(UPDATE, ("    id: str,\n    *,\n", "    *,\n    id: str,\n")),
        [(SYNC, "changed", "major", "id (positional or keyword)", "id (keyword-only)")],
        id="argument of another kind",
    ),
    pytest.param(
        edited(UPDATE, ("    limit: int | Unset = 20,\n", "")),
        [(SYNC, "changed", "major", "limit = 20 (keyword-only)", None)],
        id="argument gone",
    ),
    pytest.param(
        edited(UPDATE, ("async def asyncio", "def asyncio")),
        [(ASYNCIO, "changed", "major", "async def", "def")],
        id="no longer awaited",
    ),
    pytest.param(
        edited(UPDATE, ("/v1/Users", "/v2/Users"), ("def _build_response(response: Any) -> int", "def _b() -> str")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="URL and private function",
    ),
    pytest.param(
        edited("spec.py", ("2026-01-01", "2026-02-01")),
        [("maia_public_api", "changed", "patch", None, None)],
        id="value of a constant",
    ),
    pytest.param(
        edited("client.py", ('alias="timeout"', 'alias="wait"')),
        [("client.Client(timeout)", "removed", "major", None, None)],
        id="constructor argument of a private attribute renamed",
    ),
    pytest.param(
        edited("client.py", ("_timeout: float", "_timeout: str")),
        [("client.Client(timeout)", "changed", "major", "float | None", "str | None")],
        id="constructor argument of a private attribute of another type",
    ),
    pytest.param(
        edited("client.py", ("    raise_on", '    token: str = ""\n    raise_on')),
        [
            ("client.Client()", "changed", "major", "base_url", "token, base_url"),
            ("client.Client.token", "added", "minor", None, None),
        ],
        id="positional argument inserted",
    ),
    pytest.param(
        edited("client.py", ("    @property\n", "")),
        [("client.Client.base_url", "changed", "major", "attribute", "function")],
        id="property turned into a method",
    ),
]


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_each_change_of_the_surface(tmp_path: Path, files: dict[str, str], expected: list[Any]) -> None:
    old, new = package(tmp_path / "old", PACKAGE), package(tmp_path / "new", files)

    found = compare(old, new)

    assert sorted((it.name, it.action, it.bump, it.before, it.after) for it in found) == sorted(expected)
    assert {it.kind for it in found} == {"python"}


def test_the_same_package(tmp_path: Path) -> None:
    assert compare(package(tmp_path / "old", PACKAGE), package(tmp_path / "new", PACKAGE)) == ()


def test_nothing_is_imported(tmp_path: Path) -> None:
    files = {**PACKAGE, "boom.py": "raise RuntimeError('imported')\n"}

    assert compare(package(tmp_path / "old", files), package(tmp_path / "new", files)) == ()
    assert not [name for name in sys.modules if name.startswith("maia_public_api.boom")]


def test_compiled_files_are_no_difference(tmp_path: Path) -> None:
    new = package(tmp_path / "new", PACKAGE)
    (new / "__pycache__").mkdir()
    (new / "__pycache__" / "client.cpython-311.pyc").write_bytes(b"\0")

    assert compare(package(tmp_path / "old", PACKAGE), new) == ()


@pytest.mark.parametrize("missing", ["old", "new"])
def test_a_folder_without_a_package(tmp_path: Path, missing: str) -> None:
    old, new = package(tmp_path / "old", PACKAGE), package(tmp_path / "new", PACKAGE)
    {"old": old, "new": new}[missing].joinpath("__init__.py").unlink()

    with pytest.raises(RegenError, match="maia_public_api is no package that can be read") as caught:
        compare(old, new)
    assert str(tmp_path / missing) in str(caught.value)
