"""Keyrings of tests, and how a profile is added."""

import keyring
import keyring.backend
import keyring.errors

from tests.cli.command import invoke


class Keyring(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.held = {}

    def get_password(self, service, username):
        return self.held.get((service, username))

    def set_password(self, service, username, password):
        self.held[service, username] = password

    def delete_password(self, service, username):
        del self.held[service, username]


class Locked(Keyring):
    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked("locked\nfor good")

    set_password = delete_password = lambda self, *_: self.get_password("", "")


def add(name, *options, region="eu1"):
    return invoke("profiles", "add", name, "--region", region, "--client-id", "3f2a", *options)
