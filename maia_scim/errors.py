"""What can go wrong, and what is known of the write when it does.

Every error tells its ``outcome``: ``not_sent`` (no request left this process whole), ``refused`` (the service answered
that it did nothing) or ``unknown`` (it may have been done). No error holds a token, a client secret or a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from .diff import Conflict as PathConflict
    from .models import ProblemDetail

WriteOutcome = Literal["not_sent", "refused", "unknown"]
"""What is known of a write after an error."""


class MaiaError(Exception):
    """Base of all errors of this package.

    Attributes:
        outcome: What is known of the write: ``not_sent``, ``refused`` or ``unknown``. It speaks of the whole call: once
            an attempt was ``unknown``, a later no does not change that.
        attempts: How many requests of the call were sent, or begun to be.
    """

    outcome: WriteOutcome = "not_sent"
    attempts: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes, without the response."""
        state = {name: value for name, value in self.__dict__.items() if name != "response"}
        return _restore, (type(self), self.args, state)


def _restore(kind: type[MaiaError], args: tuple[Any, ...], state: dict[str, Any]) -> MaiaError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(MaiaError):
    """The client cannot be set up, or used, as it was asked to; the message names what to set. Nothing was sent."""


class TokenError(MaiaError):
    """No token could be had: the token endpoint refused, gave no token, or could not be reached.

    Attributes:
        status: HTTP status of the token endpoint's answer, or None where there was none.
        code: The OAuth error code (RFC 6749 section 5.2), such as ``invalid_client``, or None.
        retryable: Whether no connection could be made, so that another try is safe and may help.
    """

    def __init__(
        self, message: str, *, status: int | None = None, code: str | None = None, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retryable = retryable

    def again(self) -> Self:
        """The same error for another caller who waited for the same token."""
        twin = type(self)(*self.args, status=self.status, code=self.code, retryable=self.retryable)
        twin.__cause__ = self.__cause__
        return twin


class LossyReplace(MaiaError):
    """A replace would clear what nobody said to clear; nothing was sent. Say each path, by a value or by ``None``.

    Attributes:
        paths: The attributes that the body does not speak of.
    """

    def __init__(self, message: str, *, paths: tuple[str, ...]) -> None:
        super().__init__(message)
        self.paths = paths


class LossyReplaceWarning(UserWarning):
    """As ``LossyReplace``, where the replace goes ahead all the same (``guard="warn"``).

    Attributes:
        paths: The attributes that the body does not speak of.
    """

    def __init__(self, message: str, paths: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.paths = paths


class TransportError(MaiaError):
    """No answer: a timeout, a reset, TLS, DNS. The HTTP library's error is the ``__cause__``."""

    def __init__(self, message: str, *, outcome: WriteOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome


class _Answered(MaiaError):
    """An error that comes with an answer."""

    response: httpx.Response | None = None  # what unpickled errors have

    def __init__(
        self,
        message: str,
        *,
        outcome: WriteOutcome,
        status: int,
        response: httpx.Response | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.status = status
        self.request_id = request_id
        self.response = response


class UnexpectedResponse(_Answered):
    """An answer that is not what the specification promises: of another type, no JSON, a redirect.

    Attributes:
        status: HTTP status of the answer.
        request_id: The service's name for the request, where it gave one.
        response: The answer, without its request; None on an unpickled error.
    """


class ApiError(_Answered):
    """The service answered with an error. One class for each status that calls for its own handling.

    Attributes:
        status: HTTP status of the answer.
        problem: The problem that the answer describes (RFC 9457), or None.
        request_id: The service's name for the request, where it gave one.
        response: The answer, without its request; None on an unpickled error.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: WriteOutcome,
        status: int,
        response: httpx.Response | None = None,
        request_id: str | None = None,
        problem: ProblemDetail | None = None,
    ) -> None:
        super().__init__(message, outcome=outcome, status=status, response=response, request_id=request_id)
        self.problem = problem

    @property
    def violations(self) -> Sequence[str]:
        """What the service found wrong with the request, one text each."""
        return self.problem.violations if self.problem else []


class BadRequest(ApiError):
    """400: the service cannot accept the request; see ``violations``."""


class AuthenticationError(ApiError):
    """401: the token was refused, a renewed one too."""


class PermissionDenied(ApiError):
    """403: the credential may not do this, or not from this address."""


class NotFound(ApiError):
    """404: there is no such resource in this account and region."""


class Conflict(ApiError):
    """409: the request contradicts what is there, such as a ``userName`` that is taken."""


class PreconditionFailed(ApiError):
    """412: the resource is no longer at the version of ``If-Match``."""


class EditConflict(PreconditionFailed):
    """Somebody else changed, while an edit was made, what the edit changes too. Nothing was written.

    Attributes:
        conflicts: What was changed on both sides: path, base, mine and theirs of each.
    """

    conflicts: tuple[PathConflict, ...] = ()


class RateLimited(ApiError):
    """429: the account's quota is spent; or an earlier 429 closed the gate, and nothing was sent.

    Attributes:
        retry_after: Seconds to wait, as the service asks for it, or None where it did not say. It is never cut short:
            a wait that does not fit the budget of the retry policy is left to the caller.
    """

    retry_after: float | None = None


class ServerError(ApiError):
    """5xx: the service failed."""


__all__ = [
    "ApiError",
    "AuthenticationError",
    "BadRequest",
    "ConfigurationError",
    "Conflict",
    "EditConflict",
    "LossyReplace",
    "LossyReplaceWarning",
    "MaiaError",
    "NotFound",
    "PermissionDenied",
    "PreconditionFailed",
    "RateLimited",
    "ServerError",
    "TokenError",
    "TransportError",
    "UnexpectedResponse",
    "WriteOutcome",
]
