"""Trace a job with OpenTelemetry: a client span for each request, and an event for each wait.

    pip install opentelemetry-sdk opentelemetry-instrumentation-httpx
    python examples/tracing.py USER_ID TITLE

The spans are printed, one a line. They hold addresses, and so user ids; no token, no header and no body.
"""

from __future__ import annotations

import sys

from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from maia_scim import MaiaScim, events


def note(event: events.Event) -> None:
    """Make a wait, and the end of a call, an event of the span that the call was made in."""
    span = trace.get_current_span()
    if isinstance(event, events.Wait):
        span.add_event("wait", {"path": event.path, "seconds": event.seconds, "reason": event.reason})
    elif isinstance(event, events.CallEnd):
        span.add_event("call", {"path": event.path, "attempts": event.attempts, "outcome": event.outcome})


def main(user_id: str, title: str) -> None:
    """Change a user's title, traced."""
    provider = TracerProvider()
    exporter = ConsoleSpanExporter(formatter=lambda span: span.to_json(indent=None) + "\n")
    provider.add_span_processor(SimpleSpanProcessor(exporter))  # BatchSpanProcessor, and OTLP, in production
    trace.set_tracer_provider(provider)
    HTTPXClientInstrumentor().instrument()

    with MaiaScim(on_event=note) as maia, trace.get_tracer(__name__).start_as_current_span("correct a title"):
        user = maia.users.get(user_id)
        user.title = title
        maia.users.replace(user)


if __name__ == "__main__":
    main(*sys.argv[1:])
