"""Tokens that processes share, so that a job that runs every minute does not ask for one each time.

A file of the user's own, or whatever else the caller brings. A cache saves requests and is never needed: its troubles
are logged once, and do not become those of a call. The exception is a file that others may read or write.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import stat
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

from .errors import ConfigurationError
from .token_state import LONGEST

if TYPE_CHECKING:
    from collections.abc import Generator

_VERSION = 1  # of the file's format
_BIGGEST = 1 << 24  # bytes; what is bigger is none of ours
# For the lock of the file: others hold it for milliseconds, and nobody waits longer than 2 seconds for it.
_TRIES = 200
_BETWEEN = 0.01
# Python has some of them on some systems only. NONBLOCK: opening a pipe must not wait for its other end.
_SAFELY: int = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class CachedToken:
    """A token, and when it expires.

    Args:
        text: The token. It is not in the repr.
        expires_at: Seconds since the epoch.
    """

    text: str = field(repr=False)
    expires_at: float


class TokenCache(Protocol):
    """Where processes share tokens. Bring your own: ``ClientCredentials(cache=…)``.

    It is called when a token is needed and none is at hand, not for each call; by the thread or event loop of a call,
    which waits for it. What it raises is logged (by its type, since a message may hold the token) and the call goes on;
    a ``ConfigurationError`` out of ``load`` is raised.
    """

    def load(self, key: str) -> CachedToken | None:
        """Give the token of a key, or None. Whether it is still good is looked at by the caller."""
        ...

    def save(self, key: str, token: CachedToken) -> None:
        """Keep a token under a key, in place of the one that is there."""
        ...

    def drop(self, key: str, token: str) -> None:
        """Forget a token that the service refused, if the key still has that one and no newer one."""
        ...


class FileTokenCache:
    """A JSON file of tokens, for the processes of one user on one machine.

    Only the user may read and write it, from its first byte on; folders that are missing are made for the user alone.
    It is replaced as a whole, so that nobody sees half of it, under a lock (a file beside it, ``….lock``), so that two
    who save at once lose nothing. Content that is not of this format counts as none. On Windows neither permissions
    nor owners are looked at, and there is no lock: the last one to save wins, and the others ask for a token again.

    Args:
        path: The file; it need not exist. ``~`` is the user's home.

    Raises:
        ConfigurationError: If the path is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given: object = path
        name: object = os.fspath(path) if isinstance(given, str | os.PathLike) else None
        if not isinstance(name, str) or not Path(name).name or "\0" in name:
            raise ConfigurationError(f"the token cache is {path!r}: it must be the path of a file")
        try:
            self.path = Path(name).expanduser().absolute()  # now: a program may change its folder later
        except RuntimeError:
            raise ConfigurationError(f"the token cache is {path!r}, and there is no home directory") from None
        self._clock = time.time

    def __repr__(self) -> str:
        return f"FileTokenCache({str(self.path)!r})"

    def load(self, key: str) -> CachedToken | None:
        """Give the token of a key, or None. See ``TokenCache``.

        Raises:
            ConfigurationError: If others may read or write the file, or it is another user's, or no plain file.
            OSError: If it cannot be read.
        """
        return self._read().get(key)

    def save(self, key: str, token: CachedToken) -> None:
        """Keep a token under a key, and leave out what has expired, or claims more than 24 hours. See ``TokenCache``.

        Raises:
            ConfigurationError: As of ``load``.
            OSError: If the file, or its lock, cannot be written, or another process keeps the lock.
        """
        for folder in reversed(self.path.parents):
            folder.mkdir(0o700, exist_ok=True)
        with _locked(self._beside("lock")):
            self._write({**self._read(), key: token})

    def drop(self, key: str, token: str) -> None:
        """Forget a token if the key still has that one. See ``TokenCache``.

        Raises:
            ConfigurationError: As of ``load``.
            OSError: As of ``save``.
        """
        if not _holds(self._read(), key, token):
            return  # without the lock, which may be in a folder that cannot be written
        with _locked(self._beside("lock")):
            tokens = self._read()
            if _holds(tokens, key, token):
                del tokens[key]
                self._write(tokens)

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{ending}")

    def _read(self) -> dict[str, CachedToken]:
        try:
            handle = os.open(self.path, os.O_RDONLY | _SAFELY)
        except FileNotFoundError:
            return {}
        except OSError:
            _refuse_by_name(self.path)
            raise
        try:
            _check(self.path, os.fstat(handle))  # of what is open, since its name may lead to another file by now
            with os.fdopen(handle, "rb", closefd=False) as file:
                return _tokens(file.read(_BIGGEST))
        finally:
            os.close(handle)

    def _write(self, tokens: dict[str, CachedToken]) -> None:
        now = self._clock()
        rows = {
            key: {"token": token.text, "expires_at": token.expires_at}
            for key, token in tokens.items()
            if now < token.expires_at <= now + LONGEST
        }
        content = json.dumps({"version": _VERSION, "tokens": rows}).encode()
        # One name for all, since only who holds the lock gets here; so what a killed process left behind goes, too.
        draft = self._beside("tmp")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            draft.replace(self.path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _holds(tokens: dict[str, CachedToken], key: str, text: str) -> bool:
    return key in tokens and tokens[key].text == text


def _tokens(content: bytes) -> dict[str, CachedToken]:
    """Read the file; whatever is not as this version writes it is left out."""
    try:
        whole: Any = json.loads(content)
        rows = whole["tokens"].items() if whole["version"] == _VERSION else ()
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}
    tokens: dict[str, CachedToken] = {}
    for key, row in cast("Any", rows):
        fields: dict[str, object] = cast("Any", row) if isinstance(row, dict) else {}
        token = CachedToken(cast("str", fields.get("token")), cast("float", fields.get("expires_at")))
        if _is_sound(token):
            tokens[key] = token
    return tokens


def _is_sound(token: CachedToken) -> bool:
    text: object = token.text
    expires_at: object = token.expires_at
    # A header takes visible ASCII only. 1e12: a time, neither infinite nor an integer too big for a float.
    return (
        isinstance(text, str)
        and text.isascii()
        and text.isprintable()
        and text != ""
        and " " not in text
        and isinstance(expires_at, int | float)
        and 0 < expires_at < 1e12
    )


def _check(path: Path, found: os.stat_result) -> None:
    """Refuse a file whose tokens others may know, or may have planted."""
    if not stat.S_ISREG(found.st_mode):
        _refuse(path, "is no plain file", "pass the path of a file, or of what does not exist yet")
    if sys.platform == "win32":
        return
    if found.st_uid != os.geteuid():
        _refuse(path, f"belongs to another user (uid {found.st_uid})", "remove it, or pass the path of your own")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        todo = f"remove it, or run: chmod 600 {shlex.quote(str(path))}"
        _refuse(path, f"can be read or written by others (mode {mode:03o})", todo)


def _refuse_by_name(path: Path) -> None:
    """Refuse what could not even be opened, if its name tells why."""
    try:
        found = path.lstat()
    except OSError:
        return
    if stat.S_ISLNK(found.st_mode):
        _refuse(path, "is a symbolic link", "pass the path of the file itself")
    _check(path, found)


def _refuse(path: Path, what: str, todo: str) -> NoReturn:
    raise ConfigurationError(f"the token cache {path} {what}: {todo}") from None


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Hold the lock of the file that all who save share. The system takes it back from a process that dies."""
    if sys.platform == "win32":
        yield
        return
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock

    handle = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, 0o600)
    try:
        for _ in range(_TRIES):
            try:
                flock(handle, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_BETWEEN)
        else:
            raise TimeoutError(f"another process keeps {path}")
        try:
            yield
        finally:
            flock(handle, LOCK_UN)  # a child forked meanwhile has it as well, and closing would leave it locked
    finally:
        os.close(handle)


class GuardedCache:
    """A cache for one key, whose troubles do not become those of a call.

    Args:
        cache: A cache, or the path of a file for one.
        key: What the token is kept under.

    Raises:
        ConfigurationError: If it is neither.
    """

    def __init__(self, cache: TokenCache | str | os.PathLike[str], key: str) -> None:
        if isinstance(cache, str | os.PathLike):
            cache = FileTokenCache(cache)
        if isinstance(cache, type) or not all(
            callable(getattr(cache, name, None)) for name in ("load", "save", "drop")
        ):
            kind = cache.__name__ if isinstance(cache, type) else type(cache).__name__
            raise ConfigurationError(f"cache is no token cache but {kind}: pass the path of a file, or a TokenCache")
        self._cache = cache
        self._key = key
        self._warned = False

    def load(self) -> CachedToken | None:
        """Give the token that is kept, or None.

        Raises:
            ConfigurationError: If the cache must not be used as it is.
        """
        try:
            found: object = self._cache.load(self._key)
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - of whatever the caller brought
            self._warn("read", error)
            return None
        if isinstance(found, CachedToken) and _is_sound(found):
            return found
        if found is not None:
            self._warn("read", TypeError())
        return None

    def save(self, token: CachedToken) -> None:
        """Keep a token."""
        try:
            self._cache.save(self._key, token)
        except Exception as error:  # noqa: BLE001 - whatever the caller's cache raises
            self._warn("written", error)

    def drop(self, text: str) -> None:
        """Forget a token if it is still the one that is kept."""
        try:
            self._cache.drop(self._key, text)
        except Exception as error:  # noqa: BLE001 - whatever the caller's cache raises
            self._warn("written", error)

    def _warn(self, what: str, error: Exception) -> None:
        """Log it, the first time. A stranger's message or repr may hold the token, and is left out."""
        if self._warned:
            return
        self._warned = True
        ours = type(self._cache) is FileTokenCache
        name = repr(self._cache) if ours else type(self._cache).__name__
        told = f"{type(error).__name__}: {error}" if ours else type(error).__name__
        logging.getLogger("maia_scim").warning(
            "the token cache %s cannot be %s (%s); each process asks for a token of its own", name, what, told
        )
