"""Reading and writing a full user (RFC 7643 section 8.2): our generated code against the stock generator's.

python -m benchmarks.models

Both are timed in turns within one run, and of each the fast quarter is compared, so that other work on the machine
touches both alike.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import maia_public_api.models

from scripts.payload_table import stock_models
from tests.models.cases import wire_cases

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 200
ROUNDS = 200


def main() -> None:
    """Print the ratio for reading, writing, and both."""
    body = next(case.body for case in wire_cases() if case.name == "rfc7643-full-user")
    with stock_models() as stock:
        ours, theirs = maia_public_api.models.ScimUser, stock.ScimUser
        mine, other = ours.from_dict(body), theirs.from_dict(body)
        rows: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
            ("from_dict", lambda: ours.from_dict(body), lambda: theirs.from_dict(body)),
            ("to_dict", mine.to_dict, other.to_dict),
            ("both", lambda: ours.from_dict(body).to_dict(), lambda: theirs.from_dict(body).to_dict()),
        ]
        print(f"{'':<10}{'ours':>10}{'stock':>10}{'ours / stock':>14}")
        for name, first, second in rows:
            a, b = compare(first, second)
            print(f"{name:<10}{a * 1e6:>7.1f} µs{b * 1e6:>7.1f} µs{a / b:>14.2f}")


def compare(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    """Time two functions in turns; give the seconds of one call of each, by the fast quarter of the rounds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, taken in zip((first, second), times, strict=True):
            before = time.perf_counter()
            for _ in range(CALLS):
                call()
            taken.append((time.perf_counter() - before) / CALLS)
    a, b = (statistics.mean(sorted(taken)[: ROUNDS // 4]) for taken in times)
    return a, b


if __name__ == "__main__":
    main()
