"""Files in memory and in pieces, and what is read of them."""

from __future__ import annotations

import io

import pytest

from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.reading import open_rows, write_rows


class Pipe(io.BytesIO):
    """Bytes that come in pieces, and once."""

    def __init__(self, pieces):
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = b""

    def seekable(self):
        return False

    def seek(self, *args):
        raise io.UnsupportedOperation("seek")

    def tell(self):
        raise io.UnsupportedOperation("tell")

    def read(self, size=-1):
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return b""
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def read(data: str | bytes, **options):
    with open_rows(io.BytesIO(data.encode() if isinstance(data, str) else data), **options) as source:
        return source.form, list(source.rows())


def said_by(row):
    return {each.target.path: each.value for each in row.settings}


def rows_of(data: str | bytes, **options):
    """The rows of a file without faults."""
    rows = read(data, **options)[1]
    assert [row.faults for row in rows if row.faults] == []
    return [(row.line, row.id, said_by(row)) for row in rows]


def faults_of(data: str | bytes, **options):
    """What is wrong with the rows."""
    return [str(fault) for row in read(data, **options)[1] for fault in row.faults]


def refused(data: str | bytes, **options):
    with pytest.raises(InvalidFile) as caught:
        read(data, **options)
    return [str(fault) for fault in caught.value.faults]


def written(form, rows):
    out = io.BytesIO()
    assert write_rows(form, (row.source for row in rows), out) == len(rows)
    return out.getvalue()
