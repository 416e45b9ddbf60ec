"""Replace the users of a JSON Lines file with asyncio, evenly over the rate limit, one failure never stopping the rest.

    python examples/replace_many_async.py users.jsonl

The file is read as it is needed, so it may be of any length. Ctrl-C ends it when what is on the wire is answered, and
what became of that is told, too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import AsyncMaiaScim, errors
from maia_scim.models import ScimUser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maia_scim.many import Progress


def users_of(file: str) -> Iterator[ScimUser]:
    """Read users, one a line."""
    with Path(file).open(encoding="utf-8") as lines:
        for line in lines:
            yield ScimUser.from_dict(json.loads(line))


class Report:
    """Tells of failures, and counts."""

    def __init__(self) -> None:
        self.done = self.failed = 0

    def tell(self, progress: Progress) -> None:
        """Take note of an outcome; those that come after Ctrl-C come here, too."""
        self.done, self.failed = progress.done, progress.failed
        error = progress.last.error
        if error:
            known = error.outcome if isinstance(error, errors.MaiaError) else "not_sent"
            print(f"{progress.last.id}: {type(error).__name__} ({known}): {error}", file=sys.stderr)


async def replace(file: str, report: Report) -> None:
    """Replace the users of a file."""
    async with AsyncMaiaScim() as maia:
        outcomes = maia.with_options(guard="raise").users.replace_many(users_of(file), on_progress=report.tell)
        async with aclosing(outcomes):
            async for _ in outcomes:
                pass  # all is told by the report


def main(file: str) -> int:
    """Replace the users of a file; give the exit code."""
    report, interrupted = Report(), False
    try:
        asyncio.run(replace(file, report))
    except KeyboardInterrupt:
        interrupted = True
    print(f"{report.done - report.failed} of {report.done} users are replaced")
    return 130 if interrupted else min(report.failed, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
