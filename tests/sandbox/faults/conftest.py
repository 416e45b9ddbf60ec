"""A small sandbox that runs for a module, and a connection to it."""

from collections.abc import Iterator

import pytest

from maia_scim.sandbox import Sandbox
from tests.sandbox.wire import Wire, small_sandbox


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with small_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    with Wire(sandbox, sandbox.issue_token()) as wire:
        yield wire
