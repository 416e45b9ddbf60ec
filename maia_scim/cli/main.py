"""The command group: what there is, imported when it is run."""

from __future__ import annotations

import os
from typing import Any

import click

from maia_scim._version import __version__
from maia_scim.cli.exits import Wrong, answered
from maia_scim.cli.lazy import PROFILE, Entry, LazyGroup
from maia_scim.cli.options import not_blank

# One row for each command; tests/cli/test_main.py keeps it and the commands the same.
COMMANDS = {
    "users": Entry("maia_scim.cli.users", "users", "Read and change users."),
    "groups": Entry("maia_scim.cli.groups", "groups", "Read and change groups, and who is in them."),
    "apply": Entry(
        "maia_scim.cli.apply",
        "apply",
        "Bring users to the state that a file says: a plan to look at, then the changes.",
    ),
    "offboard": Entry(
        "maia_scim.cli.offboard",
        "offboard",
        "Switch accounts off, take them out of their groups, and give a receipt.",
    ),
    "journal": Entry(
        "maia_scim.cli.journal",
        "journal",
        "Show what a journal holds: the runs, and what became of each change.",
    ),
    "index": Entry("maia_scim.cli.index", "index", "From names to ids: what was seen of users and groups."),
    "doctor": Entry("maia_scim.cli.doctor", "doctor", "Check configuration, network, token and rights."),
    "profiles": Entry("maia_scim.cli.profiles", "profiles", "List and change profiles: accounts under names."),
    "sandbox": Entry("maia_scim.cli.sandbox", "sandbox", "Serve a local Maia SCIM service to try things against."),
    "demo": Entry("maia_scim.cli.demo", "demo", "Replace a user in a local sandbox, and show what happened."),
    "completion": Entry("maia_scim.cli.completion", "completion", "Print a script that completes commands in a shell."),
}
# What somebody may try to hand a secret over by, in lower case and without dashes.
_SECRETS = ("secret", "token", "password", "bearer", "apikey", "credential")


class _Root(LazyGroup):
    """The group of all commands: errors end here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with answered():
            try:
                return super().parse_args(ctx, args)
            except click.NoSuchOption as error:
                raise _refusal(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        with answered():
            try:
                return super().invoke(ctx)
            except click.NoSuchOption as error:
                raise _refusal(error) from None


def _refusal(error: click.NoSuchOption) -> click.ClickException:
    """The error for an unknown option; of one for a secret, what to do instead. The value is shown by neither."""
    folded = error.option_name.replace("-", "").replace("_", "").lower()
    if not any(each in folded for each in _SECRETS):
        return error
    return Wrong(
        f"there is no {error.option_name}: secrets are never taken from the command line, where other users and the "
        "shell's history see them. Set MAIA_CLIENT_SECRET, or use a profile, whose secret is in a variable, in the "
        "keyring, or asked for: `maia-scim profiles add --help`"
    )


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"maia-scim {__version__}{_spec()}")
        ctx.exit()


def _keep_profile(ctx: click.Context, parameter: click.Parameter, name: str | None) -> None:
    ctx.meta[PROFILE] = not_blank(ctx, parameter, name)


def _complete_profiles(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from maia_scim.cli.connection import complete_profiles

    return complete_profiles(ctx, parameter, incomplete)


def _spec() -> str:
    """Return which specification the package was built from, as text to append."""
    try:
        from maia_public_api.spec import SPEC
    except ModuleNotFoundError:
        return ""
    return f" (spec of {SPEC.date}, sha256 {SPEC.sha256[:8]})"


@click.group(cls=_Root, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option(
    "--profile",
    metavar="NAME",
    expose_value=False,
    callback=_keep_profile,
    shell_complete=_complete_profiles,
    help="Profile to use: which account a command is about.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Manage users and groups of Maia over SCIM 2.0."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
    elif os.environ.get("FORCE_COLOR"):  # https://force-color.org
        ctx.color = True
