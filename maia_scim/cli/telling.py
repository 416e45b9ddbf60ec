"""What ``--verbose`` tells of a client's work: a line for each event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maia_scim.events import Attempt, CallEnd, TokenRequest, Wait

if TYPE_CHECKING:
    from maia_scim.events import Event


def told(event: Event) -> str:
    """Tell an event in a line. It holds no body, no token and no secret."""
    if isinstance(event, TokenRequest):
        return f"· token from {event.url}: {event.status or 'no answer'} in {event.seconds:.2f} s"
    what = f"· {event.method} {event.path}"
    if isinstance(event, Wait):
        return f"{what} waits {event.seconds:.1f} s ({event.reason})"
    named = f", request id {event.request_id}" if event.request_id else ""
    if isinstance(event, Attempt):
        return f"{what}: {event.status or event.failure} in {event.seconds:.2f} s, attempt {event.number}{named}"
    assert isinstance(event, CallEnd)
    after = "1 attempt" if event.attempts == 1 else f"{event.attempts} attempts"
    return f"{what} is {event.outcome} after {after} in {event.seconds:.2f} s{named}"
