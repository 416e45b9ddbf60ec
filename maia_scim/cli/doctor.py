"""``maia-scim doctor``."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import VARIABLE, connected
from maia_scim.cli.lazy import PROFILE
from maia_scim.cli.output import with_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.table import Table

    from maia_scim.cli.checkup.results import Result
    from maia_scim.cli.connection import Connection
    from maia_scim.cli.output import Output

_STYLES = {"fail": "red", "warn": "yellow", "skipped": "dim"}


@click.command(short_help="Check configuration, network, token and rights.")
@click.option("--user", metavar="ID", help="Read this user, too: who it is, and whether the service has versions.")
@click.option(
    "--other-regions",
    is_flag=True,
    help="Try the same read in the other regions, with the same token: where does the account live?",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, 600, min_open=True),
    default=10.0,
    show_default=True,
    help="How long each lookup, connection, handshake and answer may take.",
)
@with_output
@connected
def doctor(*, user: str | None, other_regions: bool, timeout: float, output: Output, connection: Connection) -> None:
    """Check configuration, DNS, connections, TLS, token, region, rights and clock.

    Says of each what is wrong and what to do. Asks for one token, reads a user and a group that cannot exist, and
    writes nothing. Ends with 1 if the network or the service fails, and with 2 if the configuration does.
    """
    from maia_scim.cli.checkup.bench import Bench, Wanted
    from maia_scim.cli.checkup.checks import run
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import emit
    from maia_scim.resources import resource_id

    if isnan(timeout):  # which no range keeps out
        raise Wrong("--timeout is no number of seconds")
    wanted = Wanted(
        profile_by=_profile_by(),
        place_by=_place_by(),
        user=None if user is None else resource_id(user, "user"),
        other_regions=other_regions,
        timeout=timeout,
    )
    with Bench(connection, wanted) as bench:
        results = dict(run(bench))
    emit(_json(results), lambda: _table(results), output)
    _finish(results)


def _profile_by() -> str | None:
    import os

    context = click.get_current_context()
    if context.params.get("profile") or context.meta.get(PROFILE):
        return "--profile"
    return VARIABLE if os.environ.get(VARIABLE, "").strip() else None


def _place_by() -> str | None:
    given = click.get_current_context().params
    return "--region" if given.get("region") else "--base-url" if given.get("base_url") else None


def _json(results: Mapping[str, Result]) -> dict[str, Any]:
    return {
        "status": _worst(results.values()),
        "checks": [
            {
                "name": name,
                "status": result.status,
                "found": result.found,
                "todo": result.todo,
                "facts": dict(result.facts),
            }
            for name, result in results.items()
        ],
    }


def _table(results: Mapping[str, Result]) -> Table:
    from maia_scim.cli.output import rows

    lines = [
        (line, result)
        for name, result in results.items()
        for line in (
            (name, result.status, result.found),
            *((("", "", f"→ {result.todo}"),) if result.todo else ()),
        )
    ]
    table = rows(("check", "status", "found, and what to do"), [line for line, _ in lines])
    for row, (_, result) in zip(table.rows, lines, strict=True):
        row.style = _STYLES.get(result.status, "")
    return table


def _worst(results: Iterable[Result]) -> str:
    found = {result.status for result in results}
    return next((status for status in ("fail", "warn") if status in found), "ok")


def _finish(results: Mapping[str, Result]) -> None:
    """End the command with the code of the worst.

    Raises:
        Wrong: If the configuration is wrong.
        Failed: If anything else is.
    """
    from maia_scim.cli.exits import FAILED, Failed, Wrong, worst
    from maia_scim.cli.output import say

    failed = [name for name, result in results.items() if result.status == "fail"]
    warned = [name for name, result in results.items() if result.status == "warn"]
    if failed:
        code = worst(result.code for result in results.values() if result.status == "fail")
        told = f"{len(failed)} of {len(results)} checks failed: {', '.join(failed)}"
        raise Failed(told) if code == FAILED else Wrong(told)
    say(f"Worth a look: {', '.join(warned)}." if warned else "All is well.")
