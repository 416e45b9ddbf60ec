"""``maia-scim completion``: what makes a shell complete the commands."""

from __future__ import annotations

import click

_HOW = {
    "bash": 'Put this line into ~/.bashrc:\n# eval "$(maia-scim completion bash)"',
    "zsh": 'Put this line into ~/.zshrc, after compinit:\n# eval "$(maia-scim completion zsh)"',
    "fish": "Do this once:\n# maia-scim completion fish > ~/.config/fish/completions/maia-scim.fish",
}


@click.command(short_help="Print a script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete commands, options and names of profiles.

    A comment in it says where it goes.
    """
    from click.shell_completion import get_completion_class

    from maia_scim.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    # #compdef, by which zsh knows such a file, has to stay in the first line.
    first, _, rest = kind(cli, {}, "maia-scim", "_MAIA_SCIM_COMPLETE").source().strip().partition("\n")
    how = f"# {_HOW[shell]}"
    click.echo("\n".join([first, how, rest] if first.startswith("#compdef") else [how, first, rest]))
