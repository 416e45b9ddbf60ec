"""The file of profiles: reading, checking and writing it. It says where a secret is, and never holds one."""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from maia_scim.cli.exits import Wrong
from maia_scim.cli.plain import plain
from maia_scim.files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

VARIABLE = "MAIA_PROFILES"
HEADER = "# Profiles of maia-scim. No secret belongs in here: `secret` says where it is.\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
KEYRING, PROMPT, VARIABLES = "keyring", "prompt", "env:"
WHERE = "env:NAME, keyring or prompt"
"""What may be said of where a secret is."""
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
    secret: str = PROMPT
    token_url: str | None = None
    audience: str | None = None
    ipv4_only: bool = False
    per_minute: int | None = None

    @property
    def in_keyring(self) -> bool:
        """Whether the client secret is in the keyring."""
        return self.secret == KEYRING

    @property
    def variable(self) -> str | None:
        """The environment variable that the client secret is in; None if it is elsewhere."""
        return self.secret.removeprefix(VARIABLES) if self.secret.startswith(VARIABLES) else None

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
    """Where the profiles are: ``MAIA_PROFILES``, or ``profiles.toml`` in the platform's folder for configuration.

    Raises:
        Wrong: If the variable names the home folder of somebody who has none.
    """
    named = os.environ.get(VARIABLE, "").strip()
    try:
        return Path(named).expanduser() if named else Path(click.get_app_dir("maia-scim")) / "profiles.toml"
    except RuntimeError as error:
        raise Wrong(f"{VARIABLE} is {named}: there is no such home folder") from error


def load() -> Profiles:
    """Read the profiles; none where there is no file.

    Raises:
        Wrong: If the file cannot be read, or says what it must not.
    """
    path = file()
    return _checked(path, _text(path))


def change(make: Callable[[Any, Profiles], None], *, dry_run: bool = False) -> Profiles:
    """Change the file, and keep its comments and order.

    Args:
        make: Changes the document, as tomlkit has it: ``profiles`` is a table of tables. It gets what the file says,
            too, and may refuse by raising ``Wrong``.
        dry_run: Whether to check it only.

    Returns:
        What the file said before.

    Raises:
        Wrong: If it cannot be read, changed or written; then it is as it was.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = file()
    with nullcontext() if dry_run else _alone(path):
        text = _text(path)
        before = _checked(path, text)
        form = Wrong(f"{path} cannot be changed here: write its profiles as tables such as [profiles.prod]")
        try:
            document: Any = tomlkit.parse(text or HEADER)
            make(document, before)
            text = tomlkit.dumps(document)
        except (TOMLKitError, ValueError) as error:  # inline tables
            raise form from error
        try:
            _checked(path, text)
        except Wrong as error:  # dotted keys
            raise form from error
        if not dry_run:
            _write(path, text)
    return before


def made(name: str, settings: dict[str, Any]) -> Profile:
    """Make a profile of what somebody says of it, as the file would have it.

    Raises:
        Wrong: If there can be no such profile. The error shows no value: that may be a secret.
    """
    if not NAME.fullmatch(name):
        raise Wrong(f"{name!r} is no name for a profile: letters, digits, '.', '_' and '-' make one")
    fields = _stripped(settings)
    if fault := _fault(fields):
        raise Wrong(f"profile {name}: {fault[1]}")
    return Profile(name, **fields)


def check_secret(where: object) -> str:
    """Take what is said of where a secret is. The error does not show it: it may be the secret itself.

    Raises:
        ValueError: If it is another thing.
    """
    if isinstance(where, str) and (where in (KEYRING, PROMPT) or _ENV.fullmatch(where)):
        return where
    raise ValueError(f"`secret` says where the secret is, and never holds it: {WHERE}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
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
        problem = f"{path}, line {line}: {told[: where.start()] if where else told}"
    except (ValueError, RecursionError):
        problem = f"{path}: it nests too deep, or has a number of too many digits"
    del text  # the frames of the error do not hold it: somebody may have written a secret there
    raise Wrong(problem)


def _checked(path: Path, text: str) -> Profiles:
    def wrong(problem: str, *keys: str) -> Wrong:
        line = _line(text, *keys)
        return Wrong(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")

    content = _parsed(path, text)
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
        fields = _stripped(cast("dict[str, Any]", entry))
        fault = _fault(fields)
        if fault:
            raise wrong(f"profile {name}: {fault[1]}", "profiles", name, fault[0])
        found[name] = Profile(name, **fields)
    default = content.get("default")
    if default is not None and not (isinstance(default, str) and default in found):
        raise wrong(f"the default is {plain(default)!r}, and there is no such profile", "default")
    return Profiles(path, default, found)


def _stripped(entry: dict[str, Any]) -> dict[str, Any]:
    """The settings of a profile without the white space that pasting leaves around them."""
    return {key: value.strip() if isinstance(value, str) else value for key, value in entry.items()}


def _fault(entry: dict[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a profile, after the key it is about. It shows no value: that may be a secret."""
    for key, value in entry.items():
        kind = _KEYS.get(key)
        if kind is None:
            return key, _unknown(key, ", ".join(_KEYS))
        if type(value) is not kind or value == "":
            wanted = {str: "a text that is not blank", bool: "true or false", int: "a whole number"}[kind]
            return key, f"`{key}` must be {wanted}"
    if ("region" in entry) == ("base_url" in entry):
        both = "`region` and `base_url` are both there" if "region" in entry else "it has neither region nor base_url"
        return "base_url", f"{both}: one of them is needed"
    if "client_id" not in entry:
        return "", "it has no client_id"
    if entry.get("per_minute", 1) < 1:
        return "per_minute", "`per_minute` must be 1 or more"
    try:
        check_secret(entry.get("secret", PROMPT))
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
            f"where it is ({WHERE})"
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


@contextmanager
def _alone(path: Path) -> Generator[None]:
    """Keep other commands from changing the file meanwhile, so that none undoes what another did.

    Raises:
        Wrong: If its folder cannot be made.
    """
    folder = path.resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Wrong(f"{folder}: {error.strerror or error}") from error
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # Windows has none, and opens no folder
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # of a file system without locks
            flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, text: str) -> None:
    """Write the file, whole or not at all, for its owner alone."""
    path = path.resolve()  # of a link, what it leads to
    try:
        with replacing(path) as out:
            out.write(text.encode())
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror or error}; it is as it was") from error
