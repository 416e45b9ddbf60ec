"""Connections to redis: those of a client that was given, or own ones. The one place that knows redis-py."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from .errors import ConfigurationError

# Of own connections, in seconds; `timeout` is the wait for one of them.
_SETTINGS: dict[str, Any] = {"socket_connect_timeout": 1.0, "socket_timeout": 2.0, "timeout": 5.0, "max_connections": 8}


class RedisClient(Protocol):
    """What ``RateLimit(redis=…)`` takes: a client of redis-py, sync or async, of one server or of a cluster."""

    def register_script(self, script: Any, /) -> Any:
        """Make a Lua script callable."""
        ...


class Clients:
    """The connections: of a client that was given, or own ones, opened when they are needed."""

    def __init__(self, redis: RedisClient | str) -> None:
        self._redis = redis
        self._script: Any = None
        self._scripts: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()  # of event loops
        options = _check(redis) if isinstance(redis, str) else options_of(redis)
        self.secret = str(options.get("password") or "")

    def script(self) -> Any:
        """The script, for sync callers."""
        if self._script is None:
            if _is_async(self._redis):
                raise ConfigurationError("redis is an async client: pass a redis.Redis to MaiaScim, or a URL")
            client = _own(self._redis) if isinstance(self._redis, str) else self._redis
            self._script = client.register_script(_text())
        return self._script

    def script_async(self) -> Any:
        """The script, for the running event loop."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        if loop not in self._scripts:
            if not isinstance(self._redis, str) and not _is_async(self._redis):
                raise ConfigurationError(
                    "redis is a sync client: pass a redis.asyncio.Redis to AsyncMaiaScim, or a URL"
                )
            client = _own_async(self._redis) if isinstance(self._redis, str) else self._redis
            self._scripts[loop] = client.register_script(_text())
        return self._scripts[loop]

    def close(self) -> None:
        """Close own connections of sync callers."""
        if isinstance(self._redis, str) and self._script is not None:
            self._script.registered_client.close()

    async def close_async(self) -> None:
        """Close own connections of the running event loop."""
        from asyncio import get_running_loop

        script = self._scripts.pop(get_running_loop(), None)
        if isinstance(self._redis, str) and script is not None:
            await script.registered_client.aclose()


def options_of(client: RedisClient) -> dict[str, Any]:
    """How a client connects; nothing for one of a cluster."""
    return getattr(getattr(client, "connection_pool", None), "connection_kwargs", {})


def _is_async(client: object) -> bool:
    return iscoroutinefunction(getattr(type(client), "execute_command", None))


def failures() -> tuple[type[Exception], ...]:
    """What redis-py raises.

    Raises:
        ConfigurationError: If it is not there.
    """
    try:
        from redis.exceptions import RedisError
    except ImportError:
        raise ConfigurationError("redis needs a package: pip install 'maia-scim[redis]'") from None
    return RedisError, OSError


def without_frames(error: Exception, secret: str) -> Exception:
    """A copy of an error without its frames, which lead to connections and their passwords."""
    text = str(error).replace(secret, "***") if secret else str(error)
    try:
        return type(error)(text)
    except TypeError:
        return OSError(text)


def _text() -> str:
    from importlib.resources import files

    return (files("maia_scim") / "limits_redis.lua").read_text("utf-8")


def _own(url: str) -> Any:
    import redis
    from redis.retry import Retry

    return _connected(url, redis, Retry)


def _own_async(url: str) -> Any:
    import redis.asyncio
    from redis.asyncio.retry import Retry

    return _connected(url, redis.asyncio, Retry)


def _connected(url: str, package: Any, retry: Any) -> Any:
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Broken

    # Tried again once, at once: a connection that lay idle may have been closed.
    again = retry(NoBackoff(), 1, (Broken,))
    return package.Redis.from_pool(package.BlockingConnectionPool.from_url(url, retry=again, **_SETTINGS))


def _check(url: str) -> dict[str, Any]:
    """See whether a URL is usable; give what it says."""
    try:
        pool = _own(url).connection_pool
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError):
        pass  # its text may show a password
    else:
        options: dict[str, Any] = pool.connection_kwargs
        return options
    raise ConfigurationError("redis is no URL that redis-py takes: check host, port, database and options")
