"""The changelog's fragment about the service: what a user's next version brings of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.regen.report import bullet

if TYPE_CHECKING:
    from scripts.regen.base import Origin
    from scripts.regen.report import Report


def render(told: Report, then: Origin | None, now: Origin | None) -> str:
    """Word what changed of the service since the release that a report compares with.

    Args:
        told: The report.
        then: The specification that the release was made from.
        now: The one of today.

    Returns:
        Markdown, the same for the same input; empty when the service is what it was.
    """
    if not told.spec and then == now:
        return ""
    if now and then != now:
        first = f"- The specification of {now}" + (f", in place of that of {then}:" if then else ":")
    else:
        first = "- The vendor's specification is the same; what is added to it, or mended of it, is not:"
    bullets = [bullet(it) for it in told.spec] or ["- nothing that the client sends, reads or tells"]
    return "\n".join((first, *(f"  {line}" for line in bullets), ""))
