"""Changing users without a file of values: renaming them, and setting attributes of those whom a filter means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from maia_scim.resources import named
from maia_scim.text import fold

from . import planning, records
from .cells import coerce
from .collisions import refuse_collisions
from .columns import target
from .making import make
from .mapping import cleared, overlaps
from .model import Fault, Setting
from .plans import CONCURRENCY
from .renaming import Pairs, names_of
from .whom import Whom, ids_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from maia_scim import MaiaScim
    from maia_scim.files import AnyPath
    from maia_scim.index import Index

    from .planning import Making
    from .plans import Plan
    from .renaming import Renaming

_FAULTS = 1000  # so many are told one by one
# What is said of a column of a file, which there is none of here.
_MAPPED = re.compile(r"(?:: leave the column out, or| If not,|:) map (?:it|the column) .*")


def rename(
    client: MaiaScim,
    renaming: Renaming | Pairs,
    whom: Whom | None = None,
    *,
    index: Index | None = None,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Plan:
    """Plan to give users other names: ``userName`` and e-mail addresses together. Nothing is written to the service.

    Args:
        client: The client.
        renaming: What becomes of a name: by a pattern, or by pairs of an old and a new name.
        whom: Whom it is about. Of pairs, if not given, those who have the old names, as the index knows.
        index: What knows ids by names, and who has a name already.
        protect: A file that names accounts that are not renamed, one a line.
        journal: Where the journal is to be.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
        tell: Is told what is left out, as of ``ids_of``.

    Returns:
        The plan. Close it, or use ``with``. Users whose names stay are not in it.

    Raises:
        InvalidFile: If two users would have the same name, or a new name can be none. Nothing was sent that writes.
        ApplyError: If nobody is named.
        IndexFault: If a name means nobody, or several.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    if whom is None and not isinstance(renaming, Pairs):
        raise ValueError("a pattern needs to know whom it is about: pass whom")
    chosen = whom or Whom(ids=renaming.olds if isinstance(renaming, Pairs) else (), index=index)

    def fill(making: Making) -> None:
        _choose(making, chosen, tell)
        read: dict[str, str] = {}  # who has which name, as an index would know it

        def wish(_number: int, held: Mapping[str, Any]) -> Iterable[Setting] | None:
            if index is None:
                own = str(held.get(named(dict(held), "id") or ""))
                read.update(dict.fromkeys(map(fold, names_of(held)), own))
            return renaming.settings(held) or None

        planning.compare(making, wish)
        faults = [
            Fault(None, None, f"{entry.name or entry.id}: {entry.note}")
            for entry in records.entries(making.store, records.OF_STATE, making.run, "invalid")
        ]
        refuse_collisions(making, "users rename", faults, lambda name: read.get(fold(name)))

    return make(
        client,
        "users rename",
        fill,
        index=index,
        exact_case=True,
        protect=protect,
        journal=journal,
        profile=profile,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def set_attributes(
    client: MaiaScim,
    settings: Iterable[Setting],
    whom: Whom,
    *,
    where: Callable[[Mapping[str, Any]], bool] | None = None,
    index: Index | None = None,
    exact_case: bool = False,
    protect: AnyPath | None = None,
    journal: AnyPath | None = None,
    profile: str | None = None,
    concurrency: int = CONCURRENCY,
    on_progress: Callable[[int, int], object] | None = None,
    tell: Callable[[str], object] | None = None,
) -> Plan:
    """Plan to set attributes of users. Nothing is written to the service.

    Args:
        client: The client.
        settings: What to set, as of ``settings_of``.
        whom: Whom it is about. Each is read, so that what is compared is what the service holds now.
        where: Which of them are meant, such as a ``Where``; all, if not given. Others are not in the plan.
        index: What knows ids by names.
        exact_case: Whether a change of letter case alone is one where SCIM says that case does not count.
        protect: A file that names accounts that are never deactivated or renamed, one a line.
        journal: Where the journal is to be.
        profile: What to call the account in the plan's heading.
        concurrency: How many requests may be under way.
        on_progress: Is told how many users were read, of how many.
        tell: Is told what is left out, as of ``ids_of``.

    Returns:
        The plan. Close it, or use ``with``.

    Raises:
        InvalidFile: If two users would have the same name or address. Nothing was sent that writes.
        ApplyError: If nobody is named.
        IndexFault: If a name means nobody, or several.
        MaiaError: If the service refuses the credentials, or has nothing but errors.
    """
    wanted = tuple(settings)

    def fill(making: Making) -> None:
        _choose(making, whom, tell)
        planning.compare(making, lambda _number, held: wanted if where is None or where(held) else None)
        if any(each.target.attribute in ("userName", "emails") for each in wanted):
            refuse_collisions(making, "users set")

    return make(
        client,
        "users set",
        fill,
        index=index,
        exact_case=exact_case,
        protect=protect,
        journal=journal,
        profile=profile,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def settings_of(texts: Iterable[str]) -> tuple[Setting, ...]:
    """Read what to set: ``active=false``, ``name.givenName=Babs``, ``emails[work]=babs@example.com``.

    Args:
        texts: An attribute, =, and its value each; without a value the attribute is cleared.

    Raises:
        ValueError: If there is none, or one cannot be set so, or two set the same.
    """
    settings: list[Setting] = []
    for text in texts:
        header, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{text!r}: write the attribute, =, and its value, as in active=false")
        try:
            settings.append(_setting(header, value.strip()))
        except ValueError as error:
            told = _MAPPED.sub("", str(error)).replace("leave the column out, and ", "")
            raise ValueError(f"{header!r}: {told}") from None  # not the value, which may be a password
    if not settings:
        raise ValueError("nothing is to be set")
    for header, other in overlaps((each.target.path, each.target) for each in settings):
        raise ValueError(f"{header} sets what {other} sets, too")
    return tuple(settings)


def _setting(header: str, value: str) -> Setting:
    attribute = target(header, arrays=False)
    if attribute.path == "id":
        raise ValueError("it says who a user is, and cannot be set")
    return Setting(attribute, coerce(attribute, value)) if value else cleared(attribute)


def _choose(making: Making, whom: Whom, tell: Callable[[str], object] | None) -> None:
    with ids_of(making.client, whom, tell=tell) as chosen:
        planning.choose(making.store, making.run, chosen.all())
