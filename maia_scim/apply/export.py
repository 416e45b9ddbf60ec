"""Users into a file that ``apply`` takes: export, edit, apply.

The file says nothing that ``apply`` would refuse or change as it stands, with ``clear_empty`` neither. What it cannot
say is left out, and told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, get_args

from maia_scim.errors import NotFound

from .export_spool import Csv, Json, LeftOut, Spool
from .reading import Format
from .reads import read_users
from .whom import ids_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maia_scim import MaiaScim

    from .whom import Whom

CONCURRENCY: Final = 8


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export.

    Attributes:
        count: How many users are in the file.
        not_found: How many there are not.
        unread: How many could not be read.
        left_out: What the file could not say.
    """

    count: int
    not_found: int
    unread: int
    left_out: LeftOut

    @property
    def whole(self) -> bool:
        """Whether each user who was named is in the file."""
        return not (self.not_found or self.unread or self.left_out.users)


def export(
    client: MaiaScim,
    whom: Whom,
    out: BinaryIO,
    format: Format = "csv",
    *,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Exported:
    """Read users, and write a file of them that ``apply`` takes: unedited, it changes nothing.

    Args:
        client: The client.
        whom: The users.
        out: Where to. Nothing is written before all of them were read.
        format: ``csv``; or ``jsonl`` or ``json``, which say all that ``apply`` takes.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
        tell: Is told, a sentence each, of users who could not be read, and of members of groups who are no users.

    Returns:
        How many were written, and what was not.

    Raises:
        ValueError: If there is no such format, or an id is none.
        ApplyError: If it is not clear who is meant; see ``ids_of``.
        IndexFault: If a name means nobody, or several.
        NotFound: If a group is gone.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    if format not in get_args(Format):
        raise ValueError(f"there is no format {format!r}: it is one of {', '.join(get_args(Format))}")
    say = tell or _silent
    missed: Counter[str] = Counter()
    under_way: dict[int, str] = {}
    with Spool.temporary() as spool, ids_of(client, whom, tell=say) as ids:
        total = ids.count

        def numbered() -> Iterator[tuple[int, str]]:
            for number, (id, _) in enumerate(ids, 1):
                under_way[number] = id
                yield number, id

        writer = Csv(spool) if format == "csv" else Json(spool, format)
        with spool.together():
            for done, read in enumerate(read_users(client, numbered(), total, concurrency), 1):
                id = under_way.pop(read.key)
                if read.error is None:
                    writer.take(read.key, read.user.to_dict())
                elif isinstance(read.error, NotFound):
                    missed["not_found"] += 1
                    say(f"user {id}: there is none in this account and region")
                else:
                    missed["unread"] += 1
                    say(f"user {id}: {read.error}")
                if on_progress:
                    on_progress(done, total)
        count = writer.write(out)
        return Exported(count, missed["not_found"], missed["unread"], spool.left_out)


def _silent(_: str) -> None:
    pass


__all__ = ["Exported", "LeftOut", "export"]
