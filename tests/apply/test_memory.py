"""Memory stays flat, however many rows a file has."""

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from maia_scim import BearerToken, MaiaScim
from maia_scim.apply import loading, planning, records
from maia_scim.apply.reading import open_rows
from maia_scim.apply.store import Store


class Rows:
    """A stream of a CSV file that is made as it is read."""

    def __init__(self, count: int) -> None:
        self._lines = self._made(count)
        self._rest = b""

    @staticmethod
    def _made(count: int) -> Iterator[bytes]:
        yield b"id,userName,title,emails[work]\n"
        for number in range(count):
            yield b"id-%d,user%d@example.com,%s,work%d@example.com\n" % (number, number, b"T" * 200, number)

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (line := next(self._lines, b"")):
            self._rest += line
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def peak(count: int, tmp_path: Path) -> int:
    """The most memory that Python takes to read, check, save and go through a file of so many rows."""
    gc.collect()
    tracemalloc.start()
    with MaiaScim("eu1", auth=BearerToken("x")) as client:
        store = Store.temporary()
        run = planning.begin(store, client, "apply", "-", None)
        with open_rows(Rows(count), name="-", format="csv") as source:  # type: ignore[arg-type]
            loading.load(store, run, source)
            loading.check(store, run, source.name, skip_invalid=False)
        saved = Store.open(tmp_path / f"{count}.plan", "create")
        store.copy_run(run, saved)
        assert sum(1 for _ in records.entries(saved, records.ALL, 1)) == count
        assert records.summary(saved, 1).rows == count
        saved.close()
        store.close()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peak(100, tmp_path)  # what is imported and kept once
    few, many = peak(1000, tmp_path), peak(10_000, tmp_path)
    assert many < few + 500_000  # a tenth of what the rows alone take
