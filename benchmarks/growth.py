"""How what a call costs grows with what it is about: users, attributes of a user, members of a group.

    python -m benchmarks.growth [--largest 1000000] [--plot docs/captures/growth.svg]

Users go through `replace_many` to a server on loopback, each number of them in a process of its own. The rest is timed
without a network, by the processor's time, size by size in turns, so that the curve is that of the code. A curve's
exponent is the slope of a straight line through the upper half of its sizes, both axes logarithmic: 1 is linear, below
it are fixed costs.

By the clock, an item costs more where all of them no longer fit a processor's cache, or other work is in it. So if a
curve is too steep by the clock, its instructions are counted (valgrind, where it is installed), and decide.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim import MaiaScim
from maia_scim.models import ScimUser

from .counting import available, per_call
from .figure import Figure
from .growing import KINDS, connection
from .peer import full_user, peer
from .plot import Line, Panel, log_log
from .timing import in_turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[1]
PLOT = ROOT / "docs" / "captures" / "growth.svg"
LARGEST = 1_000_000  # users
STEEPEST = 1.1
MEMORY = 20.0  # MiB
COUNTABLE = 10_000
USERS = tuple(10**power for power in range(1, 7))


@dataclass(frozen=True, slots=True)
class Curve:
    """How one thing grows.

    Attributes:
        name: What was done.
        of: What there was more and more of.
        sizes: How many there were.
        seconds: How long it took, for each size.
        memory: MiB that the process grew by, for each size; empty where it was not looked at.
        instructions: Of a call, for the sizes of the upper half that are countable; empty where they were not counted.
    """

    name: str
    of: str
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    memory: tuple[float, ...] = ()
    instructions: tuple[float, ...] = ()

    @property
    def upper(self) -> tuple[int, ...]:
        """The upper half of the sizes, two at least."""
        return self.sizes[min(len(self.sizes) // 2, len(self.sizes) - 2) :]

    @property
    def countable(self) -> tuple[int, ...]:
        """Those of them that valgrind is done with in good time."""
        return tuple(size for size in self.upper if size <= COUNTABLE)

    @property
    def by_clock(self) -> float:
        """The exponent of the seconds."""
        return slope(self.upper, self.seconds[-len(self.upper) :])

    @property
    def exponent(self) -> float:
        """That of the instructions where they were counted, else that of the seconds."""
        return slope(self.countable, self.instructions) if self.instructions else self.by_clock


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """How steep a line through points is, both axes logarithmic, by least squares."""
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def curves_of(of: str) -> Iterator[Curve]:
    """Time each call at each size."""
    sizes, calls, rounds = KINDS[of]
    for name, make in calls.items():
        with ExitStack() as stack:
            made = {str(size): make(stack, size) for size in sizes}
            gc.collect()
            gc.freeze()  # or each collection would look through what the other sizes hold
            try:
                seconds = in_turns(made, rounds=rounds, clock=time.process_time)
            finally:
                gc.unfreeze()
        curve = Curve(name, of, sizes, tuple(seconds[str(size)] for size in sizes))
        yield replace(curve, instructions=counted(curve)) if curve.by_clock > STEEPEST and available() else curve


def counted(curve: Curve) -> tuple[float, ...]:
    """The instructions of a call at each countable size."""
    command = ["-m", "benchmarks.growth", "--of", curve.of, "--case", curve.name]
    return tuple(per_call([*command, "--size", str(size), "--calls"], few=1, many=2) for size in curve.countable)


def one_case(of: str, name: str, size: int, calls: int) -> None:
    """What a counted process does."""
    with ExitStack() as stack:
        call = KINDS[of][1][name](stack, size)
        for _ in range(calls):
            call()


def users_curve(largest: int) -> Curve:
    """Stream more and more users through `replace_many`; each number in a process of its own."""
    sizes = tuple(size for size in USERS if size <= largest)
    with peer() as address:
        told = [in_child(address, size) for size in sizes]
    seconds, memory = zip(*told, strict=True)
    return Curve("replace_many", "users", sizes, seconds, memory)


def in_child(address: str, number: int) -> tuple[float, float]:
    """Seconds, and MiB that it grew by."""
    command = [sys.executable, "-m", "benchmarks.growth", "--child", str(number), "--address", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def stream(address: str, number: int) -> tuple[float, float]:
    """Replace so many users; none of them is kept."""
    body = full_user()
    with MaiaScim(**connection(address)) as maia:
        users = (ScimUser.from_dict({**body, "id": f"user-{index}"}) for index in range(number))
        for _ in maia.users.replace_many([ScimUser.from_dict(body)] * 20):
            pass  # modules are loaded, and connections open
        memory, began = most_memory(), time.perf_counter()
        for outcome in maia.users.replace_many(users):
            outcome.result()
        return time.perf_counter() - began, most_memory() - memory


def most_memory() -> float:
    """MiB that the process had at most so far."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def curves(largest: int = LARGEST) -> list[Curve]:
    """All of them."""
    return [users_curve(largest), *chain.from_iterable(map(curves_of, KINDS))]


def figures_of(curves: list[Curve]) -> Iterator[Figure]:
    """An exponent for each curve, and what memory does."""
    for curve in curves:
        details = {**asdict(curve), "by_clock": curve.by_clock}
        yield Figure(f"{curve.name}, by {curve.of}", "linear", curve.exponent, "exponent", STEEPEST, details=details)
        if curve.memory:
            first = curve.sizes.index(1_000) if 1_000 in curve.sizes else 0
            growth = max(curve.memory[first:]) - curve.memory[first]
            what = f"memory of {curve.name}, {curve.sizes[-1]:,} {curve.of}"
            yield Figure(what, f"{curve.sizes[first]:,}", growth, "MiB more", MEMORY, details=details)


def figures(largest: int = LARGEST, plot: Path | None = None) -> Iterator[Figure]:
    """Measure.

    Args:
        largest: The largest number of users; 1,000,000 take about a quarter of an hour.
        plot: Where to draw the curves.
    """
    found = curves(largest)
    if plot:
        plot.write_text(drawn(found), "utf-8")
    yield from figures_of(found)


def drawn(curves: list[Curve]) -> str:
    """The SVG."""
    panels = [
        Panel(
            f"Time, by {of}",
            of,
            tuple(
                Line(f"{curve.name}", tuple(zip(curve.sizes, curve.seconds, strict=True)))
                for curve in curves
                if curve.of == of
            ),
        )
        for of in dict.fromkeys(curve.of for curve in curves)
    ]
    steepest = max(curves, key=lambda curve: curve.exponent)
    described = (
        "Four log-log plots of seconds: replace_many by users; reading, replacing and comparing a user by attributes "
        "of an extension, and by e-mail addresses; reading, replacing, changing and comparing a group by members. "
        f"The lines run along the dotted ones, which are linear: the steepest, {steepest.name} by {steepest.of}, has "
        f"the exponent {steepest.exponent:.2f}."
    )
    return log_log("What calls cost as they get larger", described, panels)


def main() -> None:
    """Print the figures, and draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--largest", type=int, default=LARGEST, help="users at most, from 100 (default: 1,000,000)")
    parser.add_argument("--plot", type=Path, default=PLOT, help="where to draw them")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    parser.add_argument("--of", help=argparse.SUPPRESS)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--calls", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        one_case(given.of, given.case, given.size, given.calls)
        return
    if given.child:
        print(json.dumps(stream(given.address, given.child)))
        return
    for figure in figures(given.largest, given.plot):
        print(f"{figure.what:<50} {figure.value:8.2f} {figure.unit}, at most {figure.bound}")


if __name__ == "__main__":
    main()
