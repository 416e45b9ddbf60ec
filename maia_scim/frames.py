"""What a traceback shows: the frames that an error came through, and, to whoever looks, all that they hold."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .errors import MaiaError

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=BaseException)
P = ParamSpec("P")
T = TypeVar("T")


def bare(error: E) -> E:
    """An error without the frames it came through."""
    error.__context__ = None
    return error.with_traceback(None)


def discreet(function: Callable[P, T]) -> Callable[P, T]:
    """A function whose errors lead to no frame that holds its arguments, or what it read: secrets, or URLs with one."""

    @wraps(function)
    def discreetly(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except MaiaError as error:
            refusal = bare(error)
        except BaseException:  # arguments that do not fit, an interrupt: this frame holds them, too
            del args, kwargs
            raise
        del args, kwargs
        raise refusal

    return discreetly


def discreetly_made(kind: type[T]) -> type[T]:
    """A class with such a constructor, where it is a decorator that made it."""
    made: Any = kind
    made.__init__ = discreet(made.__init__)
    return kind
