"""The file of profiles: reading, checking and writing it. It says where a secret is, and never holds one."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from maia_scim.cli.exits import Wrong
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "MAIA_PROFILES"
HEADER = "# Profiles of maia-scim. No secret belongs in here: `secret` says where it is.\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
SECRET = "env:NAME, keyring or prompt"  # noqa: S105 - what may be said of it
_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
# What somebody may take for the place of a secret.
_SECRETS = ("secret", "token", "password", "passwd", "bearer", "apikey", "credential")
_KEYS: dict[str, type] = {
    "region": str,
    "base_url": str,
    "client_id": str,
    "secret": str,
    "token_url": str,
    "audience": str,
    "ipv4_only": bool,
    "per_minute": int,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """An account of the service under a name of its own.

    Attributes:
        name: Its name.
        client_id: The client id of its credential set.
        region: Its region; None where there is a ``base_url``.
        base_url: Any other address of the service.
        secret: Where the client secret is: ``env:NAME``, ``keyring`` or ``prompt``.
        token_url: A token endpoint other than the documented one.
        audience: An audience other than the documented one.
        ipv4_only: Whether to go out over IPv4 only.
        per_minute: Requests a minute; None for what the SDK does.
    """

    name: str
    client_id: str
    region: str | None = None
    base_url: str | None = None
    secret: str = "prompt"  # noqa: S105 - where it is
    token_url: str | None = None
    audience: str | None = None
    ipv4_only: bool = False
    per_minute: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """What the file says of it."""
        found = {key: getattr(self, key) for key in _KEYS}
        return {key: value for key, value in found.items() if value is not None and value is not False}


@dataclass(frozen=True, slots=True)
class Profiles:
    """What the file holds.

    Attributes:
        file: The file, whether or not it is there.
        default: The name of the profile to use where none is named.
        all: The profiles by name.
    """

    file: Path
    default: str | None
    all: dict[str, Profile]

    def named(self, name: str) -> Profile:
        """Give a profile.

        Raises:
            Wrong: If there is none of that name.
        """
        if name not in self.all:
            there = f"there are {', '.join(self.all)}" if self.all else "there is none"
            raise Wrong(f"no profile {name!r} in {self.file}: {there}. `maia-scim profiles add` makes one")
        return self.all[name]


def file() -> Path:
    """Where the profiles are: ``MAIA_PROFILES``, or ``profiles.toml`` in the platform's folder for configuration."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser() if named else Path(click.get_app_dir("maia-scim")) / "profiles.toml"


def load() -> Profiles:
    """Read the profiles; none where there is no file.

    Raises:
        Wrong: If the file cannot be read, or says what it must not.
    """
    path = file()
    text = _text(path)
    return _checked(path, text, _parsed(path, text))


def change(make: Callable[[Any], None], *, dry_run: bool = False) -> None:
    """Change the file, and keep its comments and order.

    Args:
        make: Changes the document, as tomlkit has it: ``profiles`` is a table of tables.
        dry_run: Whether to check it only.

    Raises:
        Wrong: If it cannot be read or written, or would say afterwards what it must not; then it is as it was.
    """
    import tomlkit

    path = file()
    document: Any = tomlkit.parse(_checked_text(path) or HEADER)
    make(document)
    text = tomlkit.dumps(document)
    _checked(path, text, _parsed(path, text))
    if not dry_run:
        _write(path, text)


def check_secret(where: object) -> str:
    """Take what is said of where a secret is. The error does not show it: it may be the secret itself.

    Raises:
        ValueError: If it is another thing.
    """
    if isinstance(where, str) and (where in ("keyring", "prompt") or _ENV.fullmatch(where)):
        return where
    raise ValueError(f"`secret` says where the secret is, and never holds it: {SECRET}")


def _checked_text(path: Path) -> str:
    text = _text(path)
    _checked(path, text, _parsed(path, text))
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise Wrong(f"{path}: it is no UTF-8") from error
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror or error}") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        where = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", told)
        line = where[1] if where and where[1] else len(text.splitlines())
        # The frames of the error hold the text, in which somebody may have written a secret.
        raise Wrong(f"{path}, line {line}: {told[: where.start()] if where else told}") from None


def _checked(path: Path, text: str, content: dict[str, Any]) -> Profiles:
    def wrong(problem: str, *keys: str) -> Wrong:
        line = _line(text, *keys)
        return Wrong(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")

    for key in content:
        if key not in ("default", "profiles"):
            raise wrong(_unknown(key, "`default` and tables such as [profiles.prod]"), key)
    tables = content.get("profiles", {})
    if not isinstance(tables, dict):
        raise wrong("`profiles` is no table: write [profiles.prod]", "profiles")
    found: dict[str, Profile] = {}
    for name, entry in cast("dict[str, Any]", tables).items():
        if not NAME.fullmatch(name):
            raise wrong(f"{plain(name)!r} is no name: letters, digits, '.', '_' and '-' make one", "profiles", name)
        if not isinstance(entry, dict):
            raise wrong(f"`profiles.{name}` is no table: write [profiles.{name}]", "profiles", name)
        fields = cast("dict[str, Any]", entry)
        fault = _fault(fields)
        if fault:
            raise wrong(f"profile {name}: {fault[1]}", "profiles", name, fault[0])
        found[name] = Profile(name, **fields)
    default = content.get("default")
    if default is not None and default not in found:
        raise wrong(f"the default is {plain(default)!r}, and there is no such profile", "default")
    return Profiles(path, default, found)


def _fault(entry: dict[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a profile, after the key it is about. It shows no value: that may be a secret."""
    for key, value in entry.items():
        kind = _KEYS.get(key)
        if kind is None:
            return key, _unknown(key, ", ".join(_KEYS))
        if type(value) is not kind or value == "":
            wanted = {str: "a text", bool: "true or false", int: "a whole number"}[kind]
            return key, f"`{key}` must be {wanted}"
    if ("region" in entry) == ("base_url" in entry):
        both = "`region` and `base_url` are both there" if "region" in entry else "it has neither region nor base_url"
        return "base_url", f"{both}: one of them is needed"
    if "client_id" not in entry:
        return "", "it has no client_id"
    if entry.get("per_minute", 1) < 1:
        return "per_minute", "`per_minute` must be 1 or more"
    try:
        check_secret(entry.get("secret", "prompt"))
    except ValueError as error:
        return "secret", str(error)
    return _misplaced(entry)


def _misplaced(entry: dict[str, Any]) -> tuple[str, str] | None:
    from maia_scim.config import check_url, find_place
    from maia_scim.errors import ConfigurationError

    key = ""
    try:
        key = "region" if "region" in entry else "base_url"
        find_place(entry.get("region"), entry.get("base_url"))
        if "token_url" in entry:
            key = "token_url"
            check_url(entry[key], key)
    except ConfigurationError as error:
        return key, str(error)
    return None


def _unknown(key: str, known: str) -> str:
    folded = re.sub(r"[^a-z]", "", key.lower())
    if any(each in folded for each in _SECRETS):
        return (
            f"`{plain(key)}` may hold a secret, which does not belong in this file: take it out, and say by `secret` "
            f"where it is ({SECRET})"
        )
    return f"`{plain(key)}` is not known: there is {known}"


def _line(text: str, *keys: str) -> int | None:
    """The line of a key, as the usual spelling of TOML has it: `key = …` below its `[table]`."""
    *tables, key = keys
    inside = not tables
    header: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            names = [part.strip().strip("\"'") for part in found[1].split(".", 1)]
            if names == list(keys):
                return number
            inside = names == tables
            header = number if inside else header
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return header


def _write(path: Path, text: str) -> None:
    """Write the file, whole or not at all, for its owner alone."""
    path = path.resolve()  # of a link, what it leads to
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(partial).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(partial).unlink()
            raise
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror or error}; it is as it was") from error
