"""Replace one user, and tell what is known when it does not work.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    python examples/replace_user.py user.json

where user.json holds the whole user, as the service has it, with your changes. What it leaves out would be cleared, so
a file that leaves something out is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import MaiaScim, errors
from maia_scim.models import ScimUser

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Replace the user of a file; give the exit code."""
    parser = argparse.ArgumentParser(description="Replace one user.")
    parser.add_argument("file", type=Path, help="a JSON file with the whole user")
    given = parser.parse_args(arguments)
    try:
        user = ScimUser.from_dict(json.loads(given.file.read_text(encoding="utf-8")))
        with MaiaScim() as maia, maia.capture() as calls:
            user = maia.users.replace(user, guard="check")
    except (OSError, ValueError) as error:  # no such file, no JSON, no user with an id: nothing was sent
        parser.error(f"{given.file}: {error}")
    except errors.MaiaError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        if error.outcome == "unknown":
            print("The write may have been done: run this again, a replace can be repeated.", file=sys.stderr)
        return 1
    print(f"{user.user_name} ({user.id}) is replaced, request id {calls[-1].request_id}")
    for difference in calls[-1].differences:
        print(f"The service did not keep {difference}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
