"""The commands of ``maia-scim profiles`` that show and change one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maia_scim.cli.connection import complete_profiles
from maia_scim.cli.options import dry_run_option
from maia_scim.cli.output import with_output
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from maia_scim.cli.output import Output
    from maia_scim.cli.profile_store import Profiles

_name = click.argument("name", shell_complete=complete_profiles)


@click.command(short_help="Show a profile.")
@_name
@with_output
def show(name: str, output: Output) -> None:
    """Show a profile."""
    from maia_scim.cli import views
    from maia_scim.cli.output import emit
    from maia_scim.cli.profile_store import load

    found = load()
    content = {"name": name, "default": name == found.default, **found.named(name).to_dict()}
    emit(content, lambda: views.one(content), output)


@click.command(short_help="Add a profile.")
@click.argument("name")
@click.option("--region", metavar="NAME", help="Region of the account: eu1 or us1.")
@click.option("--base-url", metavar="URL", help="Any other address of the service.")
@click.option("--client-id", metavar="ID", required=True, help="Client id of the credential set.")
@click.option(
    "--secret",
    metavar="WHERE",
    default="prompt",
    show_default=True,
    help="Where the client secret is: env:NAME for a variable, keyring, or prompt to be asked; never the secret.",
)
@click.option("--token-url", metavar="URL", help="A token endpoint other than the documented one.")
@click.option("--audience", metavar="TEXT", help="An audience other than the documented one.")
@click.option("--ipv4-only", is_flag=True, help="Go out over IPv4 only, for an IP allow list without IPv6 addresses.")
@click.option("--per-minute", type=click.IntRange(1), metavar="N", help="Requests a minute, if not 1,000.")
@click.option("--default", "is_default", is_flag=True, help="Use it where none is named.")
@click.option("--force", is_flag=True, help="Put it in the place of one with the same name.")
@dry_run_option
def add(*, name: str, secret: str, is_default: bool, force: bool, dry_run: bool, **settings: Any) -> None:
    """Add a profile to the file, which is made if it is not there."""
    import tomlkit

    from maia_scim.cli import profile_store
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import say

    if bool(settings["region"]) == bool(settings["base_url"]):
        raise Wrong("where is it? Give --region or --base-url, one of them")
    problem = ""
    try:
        settings["secret"] = profile_store.check_secret(secret)
    except ValueError:
        problem = f"--secret says where the secret is, and never holds it: {profile_store.WHERE}"
    del secret  # the frames of the error do not hold what may be one
    if problem:
        raise Wrong(problem)
    profile = profile_store.made(name, {key: value for key, value in settings.items() if value is not None})

    def put(document: Any, there: Profiles) -> None:
        if name in there.all and not force:
            raise Wrong(f"there is a profile {name} already: --force puts this one in its place")
        table = tomlkit.table()
        for key, value in profile.to_dict().items():
            table[key] = value
        if "profiles" not in document:
            document["profiles"] = tomlkit.table(is_super_table=True)
        document["profiles"][name] = table
        if is_default:
            document["default"] = name  # tomlkit puts it before the tables

    profile_store.change(put, dry_run=dry_run)
    say(f"{'Would be added' if dry_run else 'Added'}: profile {name} in {plain(profile_store.file())}")
    if profile.in_keyring and not dry_run:
        say(f"Its secret goes into the keyring by: maia-scim profiles set-secret {name}")


@click.command(short_help="Remove a profile.")
@_name
@dry_run_option
def remove(*, name: str, dry_run: bool) -> None:
    """Remove a profile, and its secret from the keyring if no other profile has the same client id there."""
    from maia_scim.cli import profile_store, secret_places
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import say, warn

    def take_out(document: Any, there: Profiles) -> None:
        there.named(name)
        del document["profiles"][name]
        if there.default == name:
            del document["default"]

    profiles = profile_store.change(take_out, dry_run=dry_run)
    profile = profiles.named(name)
    say(f"{'Would be removed' if dry_run else 'Removed'}: profile {name} in {plain(profiles.file)}")
    others = [each for each in profiles.all.values() if each.client_id == profile.client_id and each.name != name]
    if profile.in_keyring and not dry_run and not any(each.in_keyring for each in others):
        try:
            secret_places.forget(profile)
        except Wrong as error:
            warn(f"its secret may still be in the keyring: {error.message}")


@click.command(short_help="Say which profile is used where none is named.")
@_name
@dry_run_option
def default(*, name: str, dry_run: bool) -> None:
    """Say which profile is used where none is named, and the environment names neither a region nor an account."""
    from maia_scim.cli import profile_store
    from maia_scim.cli.output import say

    def mark(document: Any, there: Profiles) -> None:
        there.named(name)
        document["default"] = name

    profiles = profile_store.change(mark, dry_run=dry_run)
    say(f"{'Would be the default' if dry_run else 'The default'}: profile {name} in {plain(profiles.file)}")


@click.command(
    short_help="Ask for a secret, and keep it in the keyring.",
    context_settings={"allow_extra_args": True},  # click would show them
)
@_name
@dry_run_option
@click.pass_context
def set_secret(context: click.Context, name: str, *, dry_run: bool) -> None:
    """Ask for the client secret of a profile, and keep it in the keyring of the system."""
    from maia_scim.cli import profile_store, secret_places
    from maia_scim.cli.exits import Wrong
    from maia_scim.cli.output import say, warn

    if context.args:
        context.args.clear()
        raise Wrong("there is more than a name: the secret is asked for, and never taken from the command line")
    profile = profile_store.load().named(name)
    secret_places.check_keyring()
    if dry_run:
        say(f"Would be asked for, and kept in the keyring: the secret of client id {plain(profile.client_id)}")
        return
    where = profile.region or profile.base_url
    question = f"Client secret of profile {name} · {where} · client id {profile.client_id}"
    secret_places.to_keyring(profile, secret_places.ask(question))
    say(f"The keyring has the secret of client id {plain(profile.client_id)} now.")
    if not profile.in_keyring:
        warn(f'the profile has its secret elsewhere: {profile.secret}. Set secret = "keyring" in it to use this one')
