"""``maia-scim index``: the commands, each imported when it is run."""

from __future__ import annotations

import click

from maia_scim.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "show": Entry("maia_scim.cli.index_show", "show", "Show what the index knows, and where it is."),
    "find": Entry("maia_scim.cli.index_show", "find", "Find the ids of names."),
    "add": Entry(
        "maia_scim.cli.index_feed", "add", "Read users and groups by their ids, so that their names are known."
    ),
    "learn": Entry("maia_scim.cli.index_feed", "learn", "Learn names from journals of apply."),
    "refresh": Entry("maia_scim.cli.index_feed", "refresh", "Read again what is known, and forget what is gone."),
    "forget": Entry("maia_scim.cli.index_forget", "forget", "Forget some, those not seen for long, or all."),
}


@click.group(cls=LazyGroup, table=COMMANDS, short_help="From names to ids: what was seen of users and groups.")
def index() -> None:
    """From names to ids: what was seen of users and groups.

    The service has no list and no search, and wants ids. The index is a file on this machine that knows whoever was
    read or written, so that commands take a userName or an e-mail address, too. It is no list of the directory.

    It holds personal data, so there is none before the first `add`, `learn` or `refresh`; from then on every command
    feeds it. It is where MAIA_INDEX says, else in the folder of the settings, one for each account.
    """
