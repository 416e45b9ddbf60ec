"""``maia-scim sandbox``: the sandbox as a service of its own."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import click

from maia_scim.cli import documents
from maia_scim.cli.exits import Failed, Wrong
from maia_scim.files import replacing
from maia_scim.sandbox import Sandbox
from maia_scim.sandbox.personalities import Personality
from maia_scim.sandbox.service import RATE

if TYPE_CHECKING:
    from maia_scim.sandbox.directory import State


@click.command(short_help="Serve a local Maia SCIM service to try things against.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; any free one by default.")
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the users to begin with: an array of users, or an object with `users` and `groups`.",
)
@click.option(
    "--rate",
    type=click.IntRange(1),
    default=RATE,
    show_default=True,
    help="Requests a minute that it takes before it answers 429.",
)
@click.option(
    "--personality",
    type=click.Choice(get_args(Personality)),
    default="default",
    show_default=True,
    help="In whose manner it answers; see the documentation of the sandbox.",
)
@click.option(
    "--dump",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File to write the users and groups to at the end, as JSON that --seed takes.",
)
def sandbox(port: int, seed: Path | None, rate: int, personality: Personality, dump: Path | None) -> None:
    """Serve a local Maia SCIM service until Ctrl-C.

    Standard output has the lines to paste into the shell that shall use it. Nothing is kept when it ends, but for what
    --dump writes.
    """
    if dump is not None and not dump.absolute().parent.is_dir():
        raise Wrong(f"{dump}: there is no such folder")  # at once, not at the end
    service = Sandbox(port=port, rate=rate, personality=personality, **_read(seed))
    # A supervisor ends it like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _start(service, port, seed)
        _announce(service)
        threading.Event().wait()  # for ever: a signal ends it
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        service.close()
    if dump is not None:
        _write(dump, service.dump())


def _start(service: Sandbox, port: int, seed: Path | None) -> None:
    try:
        service.start()
    except ImportError as error:
        raise Wrong(str(error)) from error
    except ValueError as error:
        raise Wrong(f"{seed}: {error}") from error
    except OSError as error:
        message = f"port {port}: {error.strerror or error}; choose another with --port"
        raise Failed(message) from error


def _announce(service: Sandbox) -> None:
    exports = [f"export {name}={shlex.quote(value)}" for name, value in service.environment.items()]
    click.echo("\n".join(["# A Maia sandbox. Paste this into another shell:", *exports]))
    click.echo(f"Serving {len(service.users)} users at {service.base_url}. Ctrl-C stops it.", err=True)


def _write(file: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    text = json.dumps(state, ensure_ascii=False, indent=2) + "\n"
    try:
        with replacing(file) as out:
            out.write(text.encode())
    except OSError as error:
        raise Failed(f"{file}: {error.strerror or error}; nothing was written") from error
    click.echo(f"{len(state['users'])} users and {len(state['groups'])} groups are in {file}.", err=True)


def _read(seed: Path | None) -> dict[str, Any]:
    """Return the arguments for `Sandbox` that a seed file gives."""
    if seed is None:
        return {}
    content = documents.read(str(seed.absolute()))
    if isinstance(content, list):
        return {"users": cast("list[object]", content)}
    if isinstance(content, dict):
        collections = cast("dict[str, object]", content)
        if "users" in collections and collections.keys() <= {"users", "groups"}:
            for name, value in collections.items():
                if not isinstance(value, list):
                    raise Wrong(f"{seed}: {name} must be an array")
            return collections
    raise Wrong(f"{seed}: an array of users is needed, or an object with `users` and `groups`")
