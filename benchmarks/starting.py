"""What it costs to begin: the import, and all that happens until the first call is answered.

    python -m benchmarks.starting

Each runs in fresh processes of a bare install, with what the interpreter itself takes to start taken off. Where click
and rich are installed, `import httpx` loads them too, and any ratio to it would flatter us.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
from typing import TYPE_CHECKING

from .bare import Bare, NotInstalled, bare, wheel
from .counting import available, instructions
from .figure import Figure, show
from .peer import full_user, peer
from .timing import fast_quarter, in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROUNDS = 30
# Programs; the server's address and a user's JSON are their arguments.
NOTHING = "pass"
HTTPX = "import httpx"
OWN = "from maia_scim import MaiaScim"
HTTPX_CALL = """
import json, sys
import httpx
body = json.loads(sys.argv[2])
client = httpx.Client()
client.put(sys.argv[1] + "/Users/" + body["id"], json=body, headers={"Authorization": "Bearer t"}).json()
"""
OWN_CALL = """
import json, sys
from maia_scim import BearerToken, MaiaScim
from maia_scim.models import ScimUser
client = MaiaScim(base_url=sys.argv[1], auth=BearerToken("t"))
client.users.replace(ScimUser.from_dict(json.loads(sys.argv[2])))
"""
PROGRAMS = {"nothing": NOTHING, "httpx": HTTPX, "own": OWN, "httpx call": HTTPX_CALL, "own call": OWN_CALL}
ROWS = (
    ("from maia_scim import MaiaScim, bare install", "import httpx", "own", "httpx", 1.15),
    (
        "import, construct, first users.replace answered, bare install",
        "import httpx, httpx.Client(), first PUT answered",
        "own call",
        "httpx call",
        1.3,
    ),
)


def figures(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure by the clock and, with valgrind, by instructions. What is asked is asked of the count, if there is one.

    Args:
        rounds: Fresh processes of each program.
    """
    try:
        with wheel() as built, bare(built) as where, peer() as address:
            yield from _measured(where, address, rounds)
    except NotInstalled as error:
        for what, against, _, _, bound in ROWS:
            yield Figure(what, against, None, bound=bound, details={"why": str(error)})


def _measured(where: Bare, address: str, rounds: int) -> Iterator[Figure]:
    spent: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    runs = {name: _process(where, program, address, spent[name]) for name, program in PROGRAMS.items()}
    for run in runs.values():
        run()  # disk caches
    packages = {name: each["version"] for name, each in where.listed().items()}
    seconds = in_turns(runs, rounds=rounds)
    processor = {name: fast_quarter(each) for name, each in spent.items()}
    counted = {
        name: float(instructions(_arguments(program, address), python=str(where.python)))
        for name, program in PROGRAMS.items()
        if available()
    }
    for what, against, ours, theirs, bound in ROWS:
        if counted:
            details = {"instructions": counted, "packages": packages}
            yield Figure(f"{what}, instructions", against, _ratio(counted, ours, theirs), bound=bound, details=details)
        # The processor's time: other work on the machine touches it less than the clock.
        details = {"seconds": seconds, "processor": _ratio(processor, ours, theirs), "processor seconds": processor}
        asked = None if counted else bound
        yield Figure(f"{what}, clock", against, _ratio(seconds, ours, theirs), bound=asked, details=details)


def _arguments(program: str, address: str) -> list[str]:
    # -P: this tree is no place to import from.
    return ["-P", "-c", program, address, json.dumps(full_user())]


def _process(where: Bare, program: str, address: str, spent: list[float]) -> Callable[[], object]:
    command = [str(where.python), *_arguments(program, address)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

    def run() -> None:
        before = _of_children()
        subprocess.run(command, env=environment, check=True)  # noqa: S603 - ours
        spent.append(_of_children() - before)

    return run


def _of_children() -> float:
    """Seconds of the processor that all processes took that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ratio(taken: Mapping[str, float], ours: str, theirs: str) -> float:
    start = taken["nothing"]
    return (taken[ours] - start) / (taken[theirs] - start)


if __name__ == "__main__":
    show(figures())
