"""From an answer that is not the promised one to the error that says so."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from . import errors
from .retry import outcome_of
from .text import line
from .transport import Request, Response, token_of, without_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .models import ProblemDetail

_BY_STATUS: Mapping[int, type[errors.ApiError]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    429: errors.RateLimited,
}
# No request-id header is documented: the first of these that is there is the one to tell the vendor.
_REQUEST_IDS = ("x-request-id", "x-correlation-id", "traceparent", "cf-ray")


def error_of(request: Request, answer: Response, body: Any = None) -> errors.MaiaError:
    """The error for an answer that is not the promised one.

    Args:
        request: What was sent.
        answer: What came.
        body: The JSON of what was sent, for its passwords: the error must not hold one that the service repeats.
    """
    status = answer.status_code
    request_id = request_id_of(answer)
    named = f" [request id {line(request_id)}]" if request_id else ""
    kept = without_request(answer, _secrets(request, body))
    if status < 400:
        message = f"{request.method} {request.url} answered {_status(answer)} {_unexpected(answer)}{named}"
        return errors.UnexpectedResponse(
            message, outcome=outcome_of(answer), status=status, response=kept, request_id=request_id
        )
    problem = _problem(kept)
    told = f": {_told(problem, answer.reason_phrase)}" if problem else f" with {_kind(answer)}"
    kind = _BY_STATUS.get(status, errors.ServerError if status >= 500 else errors.ApiError)
    hint = _hint(status, told)
    error = kind(
        f"{request.method} {request.url} answered {_status(answer)}{told}{hint}{named}",
        outcome=outcome_of(answer),
        status=status,
        response=kept,
        request_id=request_id,
        problem=problem,
    )
    if isinstance(error, errors.RateLimited):
        error.retry_after = retry_after(answer)
    return error


def request_id_of(answer: Response) -> str | None:
    """The service's name for a request, where it gave one."""
    headers = answer.headers
    return next((headers[name] for name in _REQUEST_IDS if name in headers), None)


def retry_after(answer: Response) -> float | None:
    """Seconds to wait by ``Retry-After`` (RFC 9110 section 10.2.3), or None where there is no readable one."""
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    # Said twice, the longer one holds; a date has a comma of its own.
    seconds = [part.strip() for part in text.split(",")]
    if all(_SECONDS.fullmatch(part) for part in seconds):
        return max(map(float, seconds))
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _secrets(request: Request, body: Any) -> list[str]:
    """The token, and the passwords of a body, as JSON may spell them. Very short ones stand in other words, too."""
    found = [token_of(request)]
    for password in _passwords(body):
        if len(password) >= _SHORTEST:
            found += {password, json.dumps(password)[1:-1], json.dumps(password, ensure_ascii=False)[1:-1]}
    return sorted(found, key=len, reverse=True)


def _passwords(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    resource = cast("dict[str, Any]", body)
    for name, value in resource.items():
        if name.lower() == "password" and isinstance(value, str):
            yield value
    for operation in cast("list[dict[str, Any]]", resource.get("Operations") or []):
        path, value = str(operation.get("path") or ""), operation.get("value")
        if path.lower().endswith("password") and isinstance(value, str):
            yield value
        yield from _passwords(value)


_SHORTEST = 4  # characters


_SECONDS = re.compile(r"[0-9]{1,300}(\.[0-9]{1,9})?")


def _problem(answer: Response) -> ProblemDetail | None:
    from maia_public_api.answers import answer as read
    from maia_public_api.base import to_model

    from .models import ProblemDetail

    # A SCIM Error message (RFC 7644 section 3.12) has detail and status too.
    problem = read(answer, lambda value: to_model(ProblemDetail, value))
    return problem if problem and problem.to_dict() else None


def _told(problem: ProblemDetail, reason: str) -> str:
    told = ": ".join(text for text in (problem.title, problem.detail) if text and text != reason)
    if "scimType" in problem:  # of a SCIM Error message
        told += f" ({problem['scimType']})"
    if problem.violations:
        told += f", violations: {'; '.join(problem.violations)}"
    return line(told) or "without saying why"


def _hint(status: int, told: str) -> str:
    if status == 401:
        return " (the token was refused; check that the credentials are of this account)"
    if status == 403 and "ip not allowed" in told.lower():
        return (
            " (the account's IP allow list does not hold this address; a list of IPv4 addresses refuses a client that"
            " goes out over IPv6)"
        )
    if status == 403:
        return " (the credential may lack the right to manage users; try one of a Super Admin)"
    return ""


def _unexpected(answer: Response) -> str:
    if answer.has_redirect_location:
        return "with a redirect, which is not followed: check the base URL"
    told = f"with {_kind(answer)} instead of what the specification promises"
    # JSON by its type may be an object that is no resource, or one about another than the one asked for.
    return told + (", or not the resource that was asked for" if "json" in told else "")


def _kind(answer: Response) -> str:
    if not answer.content:
        return "an empty body"
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "html" in media_type:
        return "an HTML page, as gateways send it"
    return f"a body of {media_type or 'no content type'}"


def _status(answer: Response) -> str:
    return line(f"{answer.status_code} {answer.reason_phrase}")
