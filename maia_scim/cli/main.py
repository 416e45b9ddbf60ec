"""The command group: what there is, imported when it is run."""

from __future__ import annotations

import os
from importlib import import_module
from typing import NamedTuple, cast

import click

from maia_scim._version import __version__


class _Entry(NamedTuple):
    module: str
    attribute: str
    help: str


COMMANDS = {
    "demo": _Entry("maia_scim.cli.demo", "demo", "Replace a user in a local sandbox, and show what happened."),
    "sandbox": _Entry("maia_scim.cli.sandbox", "sandbox", "Serve a local Maia SCIM service to try things against."),
}


class _LazyGroup(click.Group):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else cast("click.Command", getattr(import_module(entry.module), entry.attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"maia-scim {__version__}{_spec()}")
        ctx.exit()


def _spec() -> str:
    """Return which specification the package was built from, as text to append."""
    try:
        from maia_public_api.spec import SPEC
    except ModuleNotFoundError:
        return ""
    return f" (spec of {SPEC.date}, sha256 {SPEC.sha256[:8]})"


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Manage users and groups of Maia over SCIM 2.0."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
