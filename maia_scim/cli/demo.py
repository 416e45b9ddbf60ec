"""``maia-scim demo``: the main job, start to end, against a sandbox of its own."""

from __future__ import annotations

import json
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

import click

from maia_scim import MaiaScim
from maia_scim.cli.exits import Wrong
from maia_scim.errors import NotFound
from maia_scim.models import Email, ScimUser
from maia_scim.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BARBARA = "2819c223-7f76-453a-919d-413861904646"


@click.command(short_help="Replace a user in a local sandbox, and show what happened.")
def demo() -> None:
    """Replace a user in a local sandbox over HTTP, and show what happened."""
    service = Sandbox()
    try:
        service.start()
    except ImportError as error:
        raise Wrong(str(error)) from error
    with service as sandbox, MaiaScim(**sandbox.connection) as maia:
        heading("1  Connect")
        say("call         MaiaScim(…); for the real service, MaiaScim('eu1')")
        say(f"service      {sandbox.base_url}, a sandbox on this machine")
        say(f"credentials  client id {sandbox.client_id}, a secret that is never shown")

        heading("2  Replace a user: a new title, and one more e-mail address")
        before = sandbox.users[BARBARA]
        user = ScimUser.from_dict(before)
        user.title = "Data Engineer"
        user.emails.append(Email(value="barbara@jensen.example", type_="other"))
        after = maia.users.replace(user).to_dict()
        say("call         maia.users.replace(user)")
        say(f"token        from {sandbox.token_url}, valid for 30 minutes, never shown")
        say(f"request      PUT …/scim/v2/Users/{BARBARA}, answered 200:")
        click.echo()
        for line in comparison(before, after):
            click.echo(f"   {line}")

        heading("3  The same with an id that is wrong")
        try:
            maia.users.replace(user, id="00000000-0000-0000-0000-000000000000")
        except NotFound as error:
            say(f"{type(error).__name__}: {error}")
            say(f"error.outcome is {error.outcome!r}: the service answered that it did nothing")


def comparison(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Lines that show two users side by side: who it is, what changed (marked), and how much did not."""
    rows = [(name, shown(before.get(name)), shown(after.get(name))) for name in {**before, **after}]
    changed = [name for name, old, new in rows if old != new]
    told = [row for row in rows if row[0] in changed or row[0] in ("userName", "displayName", "active")]
    width = max(len(line) for _, old, _ in told for line in old) + 2
    yield f"  {'attribute':<13}{'before':<{width}}after"
    for name, old, new in told:
        mark = "~" if name in changed else " "
        for first, *values in zip_longest([f"{mark} {name}"], old, new, fillvalue=""):
            line = f"{first:<15}{values[0]:<{width}}{values[1]}".rstrip()
            yield click.style(line, fg="green") if name in changed else line
    yield f"  and {len(rows) - len(told)} more attributes, each as it was"


def shown(value: Any) -> list[str]:
    """A value in a few words: of an array each item's value on a line of its own, of ``meta`` the version."""
    if isinstance(value, list):
        return [line for item in cast("Sequence[Any]", value) for line in shown(item)]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return [f"version {members['version']}" if "version" in members else str(members.get("value") or members)]
    return [value if isinstance(value, str) else json.dumps(value)]


def heading(text: str) -> None:
    """Begin a step."""
    click.echo("\n" + click.style(text, bold=True))


def say(text: str) -> None:
    """Tell something of a step, in lines that most terminals have room for."""
    lines = textwrap.wrap(text, 100, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    click.echo(textwrap.indent("\n".join(lines), "   "))
