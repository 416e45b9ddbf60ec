"""Arguments and options that several commands have. They cost nothing to import, so that help is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from maia_scim.cli.exits import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def not_blank(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Take the value of an option that says which account it is about.

    Raises:
        Wrong: If it is blank, as an unset variable of a script leaves it: that must not lead to another account.
    """
    if value is not None and not value.strip():
        raise Wrong(f"{parameter.opts[0]} is blank: give it a value, or leave it out")
    return value


def document(function: F) -> F:
    """Give a command the argument ``FILE``, and the function the argument ``file``."""
    return click.argument("file", metavar="FILE|-")(function)


def dry_run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--dry-run``."""
    return click.option(
        "--dry-run", "-n", is_flag=True, help="Show what would be sent, and what it changes; read, and write nothing."
    )(function)


def yes_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--yes``."""
    return click.option("--yes", "-y", is_flag=True, help="Do it without asking; needed where nobody can be asked.")(
        function
    )


def replace_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a replace."""
    for decorate in (
        click.option("--id", "target", metavar="ID", help="Id to write to, instead of that in the file."),
        click.option("--if-match", metavar="VERSION", help="Write only if it is still at this version."),
        click.option(
            "--guard",
            type=click.Choice(["check", "raise", "warn", "off"]),
            default="check",
            show_default=True,
            help="What to do when the file leaves out what the service holds: stop (check), or write as it is (off). "
            "With raise and warn, only a missing `active`, or `members` of a group, counts.",
        ),
    ):
        function = decorate(function)
    return function
