"""Replace the users of a JSON Lines file with asyncio, evenly over the rate limit, one failure never stopping the rest.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    python examples/replace_many_async.py users.jsonl

where each line of the file holds a whole user, as the service has it, with your changes. It is read as it is needed, so
it may be of any length. Ctrl-C ends it when what is on the wire is answered, and what became of that is told, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import AsyncMaiaScim, errors
from maia_scim.models import ScimUser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maia_scim.many import Progress


def users_of(file: Path) -> Iterator[ScimUser]:
    """Read users, one a line."""
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield ScimUser.from_dict(json.loads(line))
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} is no JSON: {error.msg}") from None


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


async def replace(file: Path, report: Report) -> None:
    """Replace the users of a file."""
    async with AsyncMaiaScim() as maia:
        outcomes = maia.with_options(guard="raise").users.replace_many(users_of(file), on_progress=report.tell)
        async with aclosing(outcomes):
            async for _ in outcomes:
                pass  # all is told by the report


def main(arguments: Sequence[str] | None = None) -> int:
    """Replace the users of a file; give the exit code."""
    parser = argparse.ArgumentParser(description="Replace the users of a JSON Lines file.")
    parser.add_argument("file", type=Path, help="whole users in JSON, one a line")
    given = parser.parse_args(arguments)
    report, code = Report(), 0
    try:
        asyncio.run(replace(given.file, report))
    except KeyboardInterrupt:
        code = 130
    except (OSError, ValueError, errors.MaiaError) as error:  # of the file from some line on, of the settings
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        code = 1
    print(f"{report.done - report.failed} of {report.done} users are replaced")
    return code or min(report.failed, 1)


if __name__ == "__main__":
    sys.exit(main())
