"""Trace a job with OpenTelemetry: a client span for each request, and an event for each wait.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    pip install opentelemetry-sdk opentelemetry-instrumentation-httpx
    python examples/tracing.py USER_ID TITLE

The spans are printed, one a line. They hold addresses, and so user ids, and the error of a call that failed; no token,
no header and no body.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from maia_scim import MaiaScim, errors, events

if TYPE_CHECKING:
    from collections.abc import Sequence


def note(event: events.Event) -> None:
    """Make a wait, and the end of a call, an event of the span that the call was made in."""
    span = trace.get_current_span()
    if isinstance(event, events.Wait):
        span.add_event("wait", {"path": event.path, "seconds": event.seconds, "reason": event.reason})
    elif isinstance(event, events.CallEnd):
        span.add_event("call", {"path": event.path, "attempts": event.attempts, "outcome": event.outcome})


def change_title(user_id: str, title: str) -> None:
    """Change a user's title, traced."""
    with MaiaScim(on_event=note) as maia, trace.get_tracer(__name__).start_as_current_span("correct a title"):
        user = maia.users.get(user_id)
        user.title = title
        maia.users.replace(user)


def main(arguments: Sequence[str] | None = None) -> int:
    """Change a user's title, and print the spans; give the exit code."""
    parser = argparse.ArgumentParser(description="Change a user's title, traced.")
    parser.add_argument("user_id")
    parser.add_argument("title")
    given = parser.parse_args(arguments)

    provider = TracerProvider()
    exporter = ConsoleSpanExporter(formatter=lambda span: span.to_json(indent=None) + "\n")
    provider.add_span_processor(SimpleSpanProcessor(exporter))  # BatchSpanProcessor, and OTLP, in production
    trace.set_tracer_provider(provider)
    HTTPXClientInstrumentor().instrument()
    try:
        change_title(given.user_id, given.title)
    except ValueError as error:  # an id that is none
        parser.error(str(error))
    except errors.MaiaError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
