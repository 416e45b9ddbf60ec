"""Off-boarding: accounts are switched off, and taken out of the groups that carry their rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maia_scim.diff import is_array, is_object
from maia_scim.errors import NotFound
from maia_scim.resources import named

from . import names, planning, records
from .columns import target
from .errors import ApplyError
from .making import make
from .memberships import propose
from .model import Setting
from .plans import CONCURRENCY
from .whom import find, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath
    from maia_scim.index import Index

    from .memberships import Member, Members
    from .planning import Making
    from .plans import Plan
    from .whom import Chosen, Whom


def offboard(
    client: MaiaScim,
    whom: Whom,
    *,
    groups: Iterable[str] = (),
    index: Index | None = None,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Plan:
    """Plan to switch accounts off, and to remove them from groups. Nothing is written to the service.

    Removed from are the groups that are named, those that the user's own ``groups`` name, and those in which the index
    has seen the user: of others nothing is known. Done again, it finds what is left.

    Args:
        client: The client.
        whom: Who leaves.
        groups: Groups to look into in any case: ids, or names if there is an index.
        index: What knows who is in which group, and ids by names.
        protect: A file that names accounts that are left alone, one a line.
        journal: Where the journal is to be.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
        tell: Is told what is left out, as of ``ids_of``.

    Returns:
        The plan. Close it, or use ``with``.

    Raises:
        ApplyError: If nobody is named, or a group has its name no more.
        InvalidFile: If a file of ids cannot be taken as it is.
        IndexFault: If a name means nobody, or several.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """

    def fill(making: Making) -> None:
        looked = dict.fromkeys(_group(making.client, find(text, "group", index)) for text in groups)
        with ids_of(making.client, whom, tell=tell) as chosen:
            planning.choose(making.store, making.run, chosen.all())
        off = (Setting(target("active"), False),)

        def wish(_number: int, held: Mapping[str, Any]) -> Iterable[Setting]:
            looked.update(dict.fromkeys(_groups_of(held)))
            return off

        planning.compare(making, wish)
        # Of who could not be read, or is not called any more as the index has it, it is not known whether it is meant.
        entries = records.entries(making.store, records.ALL, making.run)
        called = {entry.id: entry.name for entry in entries if entry.state in ("change", "unchanged", "protected")}
        for id in called:
            looked.update(dict.fromkeys(index.groups_of(id) if index else ()))
        leaving = {id.casefold() for id in called}

        def leave(held: Members) -> tuple[tuple[()], list[Member]]:
            return (), [each for each in held.values() if each.id.casefold() in leaving]

        for id in looked:
            propose(making, id, leave, called)

    return make(
        client,
        "offboard",
        fill,
        index=index,
        protect=protect,
        journal=journal,
        profile=profile,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def _group(client: MaiaScim, chosen: Chosen) -> str:
    """The id of a group that was named; one that was named by a name must still have it.

    Raises:
        ApplyError: If it has not.
    """
    if chosen.said is not None:
        try:
            held = client.groups.get(chosen.id)
        except NotFound:  # told with the others
            return chosen.id
        if outdated := names.outdated_group(held.to_dict(), chosen.said):
            raise ApplyError(outdated)
    return chosen.id


def _groups_of(user: Mapping[str, Any]) -> list[str]:
    """The ids of the groups that a user says to be in (RFC 7643 section 4.1.2)."""
    key = named(dict(user), "groups")
    items: list[Any] = user[key] if key is not None and is_array(user[key]) else []
    found = [each.get(named(each, "value") or "value") for each in items if is_object(each)]
    return [each for each in found if isinstance(each, str) and each]
