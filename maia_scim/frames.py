"""What a traceback shows: the frames that an error came through, and, to whoever looks, all that they hold."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from .errors import MaiaError

if TYPE_CHECKING:
    from collections.abc import Callable

E = TypeVar("E", bound=BaseException)
P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


def bare(error: E) -> E:
    """An error without the frames it came through."""
    error.__context__ = None
    return error.with_traceback(None)


def discreet(make: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """A constructor whose errors lead to no frame that holds its arguments: they may be secrets, or URLs with one."""

    @wraps(make)
    def discreetly(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            make(self, *args, **kwargs)
        except MaiaError as error:
            refusal = bare(error)
        except BaseException:  # arguments that do not fit, an interrupt: this frame holds them, too
            del self, args, kwargs
            raise
        else:
            return
        del self, args, kwargs
        raise refusal

    return discreetly


def discreetly_made(kind: type[T]) -> type[T]:
    """A class with such a constructor, where it is a decorator that made it."""
    made: Any = kind
    made.__init__ = discreet(made.__init__)
    return kind
