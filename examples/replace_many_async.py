"""Replace the users of a JSON Lines file with asyncio, a few at a time, one failure never stopping the rest.

python examples/replace_many_async.py users.jsonl
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from maia_scim import AsyncMaiaScim, errors
from maia_scim.models import ScimUser

AT_ONCE = 4


async def main(file: str) -> int:
    """Replace the users of a file; give the number that failed."""
    users = [ScimUser.from_dict(json.loads(line)) for line in Path(file).read_text(encoding="utf-8").splitlines()]
    gate = asyncio.Semaphore(AT_ONCE)

    async def replace(maia: AsyncMaiaScim, user: ScimUser) -> bool:
        async with gate:
            try:
                await maia.users.replace(user)
            except errors.MaiaError as error:
                print(f"{user.user_name}: {type(error).__name__} ({error.outcome}): {error}", file=sys.stderr)
                return False
        return True

    async with AsyncMaiaScim() as maia:
        done = await asyncio.gather(*(replace(maia, user) for user in users))
    print(f"{sum(done)} of {len(users)} users are replaced")
    return done.count(False)


if __name__ == "__main__":
    sys.exit(min(asyncio.run(main(*sys.argv[1:])), 1))
