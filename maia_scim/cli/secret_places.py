"""Where a client secret is: in the environment, in the keyring of the system, or with whoever sits at the terminal."""

from __future__ import annotations

import getpass
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maia_scim.cli.exits import Stopped, Wrong
from maia_scim.cli.output import can_ask
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from maia_scim.cli.profile_store import Profile

SERVICE = "maia-scim"
NO_KEYRING = "the keyring is not installed: pip install 'maia-scim[keyring]'"


def read(profile: Profile, title: str) -> str:
    """Get the client secret of a profile.

    Args:
        profile: The profile.
        title: What to call the account when the secret is asked for: profile, region and client id.

    Raises:
        Wrong: If it is not where the profile says.
        Stopped: If it was asked for, and nothing came.
    """
    if profile.in_keyring:
        secret = (from_keyring(profile) or "").strip()
        if not secret:
            raise Wrong(
                f"the keyring has no secret for client id {profile.client_id}: "
                f"`maia-scim profiles set-secret {profile.name}` puts it there"
            )
        return secret
    if profile.variable:
        secret = os.environ.get(profile.variable, "").strip()
        if not secret:
            raise Wrong(f"profile {profile.name} has its secret in the variable {profile.variable}, which is not set")
        return secret
    return ask(f"Client secret for {title}")


def ask(question: str) -> str:
    """Ask for a secret at the terminal, without showing it.

    Raises:
        Wrong: If there is no terminal.
        Stopped: If nothing comes.
    """
    if not _has_terminal():
        raise Wrong(f"{question}: nobody can be asked for it here. Profiles take it from env:NAME or the keyring, too")
    try:
        secret = getpass.getpass(f"{plain(question)}: ", stream=sys.stderr).strip()
    except EOFError:
        secret = ""
    if not secret:
        raise Stopped("no secret was given: nothing was sent")
    return secret


def from_keyring(profile: Profile) -> str | None:
    """Look a client secret up in the keyring.

    Raises:
        Wrong: If there is no keyring, or it does not answer.
    """
    keyring = _keyring()
    try:
        secret: str | None = keyring.get_password(SERVICE, profile.client_id)
    except keyring.errors.KeyringError as error:
        raise Wrong(f"the keyring does not answer: {_told(error)}") from error
    return secret


def to_keyring(profile: Profile, secret: str) -> None:
    """Put a client secret into the keyring, under the client id.

    Raises:
        Wrong: If it cannot be put there. The error leads to no frame that holds the secret.
    """
    keyring = _keyring()
    problem = ""
    try:
        keyring.set_password(SERVICE, profile.client_id, secret)
    except keyring.errors.KeyringError as error:
        problem = _told(error)
    del secret
    if problem:
        raise Wrong(f"the keyring did not take it: {problem}")


def forget(profile: Profile) -> None:
    """Take a client secret out of the keyring, if it is in there.

    Raises:
        Wrong: If there is no keyring, or it does not answer.
    """
    keyring = _keyring()
    try:
        if keyring.get_password(SERVICE, profile.client_id) is not None:
            keyring.delete_password(SERVICE, profile.client_id)
    except keyring.errors.KeyringError as error:
        raise Wrong(f"the keyring does not answer: {_told(error)}") from error


def check_keyring() -> None:
    """Refuse to go on without the package.

    Raises:
        Wrong: If it is not installed.
    """
    _keyring()


def _keyring() -> Any:
    try:
        return import_module("keyring")
    except ImportError as error:
        raise Wrong(NO_KEYRING) from error


def _told(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _has_terminal() -> bool:
    if can_ask():
        return True
    try:  # getpass asks there, while standard input brings data
        with Path("/dev/tty").open():
            return True
    except OSError:
        return False
