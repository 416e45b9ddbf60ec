"""Keep those who left from signing in: a nightly job that reads user ids, one a line.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    python offboarding.py leavers.txt
"""

from __future__ import annotations

import sys
from pathlib import Path

from maia_scim import MaiaScim, errors


def offboard(maia: MaiaScim, leavers: list[str]) -> list[str]:
    """Deactivate users, one failure never stopping the rest; give a line for each that needs a person."""
    trouble: list[str] = []
    for user_id in leavers:
        try:
            maia.users.deactivate(user_id)
        except errors.NotFound:
            trouble.append(f"{user_id}: there is no such user")
        except errors.MaiaError as error:
            known = "may be deactivated" if error.outcome == "unknown" else "is as before"
            trouble.append(f"{user_id} {known}: {error}")
    return trouble


def main() -> int:
    """Off-board the users of a file; the exit code is 0 when all went well."""
    leavers = Path(sys.argv[1]).read_text(encoding="utf-8").split()
    with MaiaScim() as maia:
        trouble = offboard(maia, leavers)
    print(f"{len(leavers) - len(trouble)} of {len(leavers)} off-boarded")
    for line in trouble:
        print(line, file=sys.stderr)
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
