"""The pytest fixture ``maia_sandbox``. pytest finds it by itself wherever this package is installed.

Nothing but pytest is imported until a test asks for the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from maia_scim.sandbox import Sandbox


@pytest.fixture(scope="session")
def _maia_sandbox_of_the_session() -> Generator[Sandbox]:
    from maia_scim.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def maia_sandbox(_maia_sandbox_of_the_session: Sandbox) -> Sandbox:
    """A Maia service over real HTTP, with the same users and groups and no faults at the start of every test.

    ``MaiaScim(**maia_sandbox.connection)`` is a client of it; ``maia_sandbox.environment`` are the variables for one
    that takes its settings from the environment. It is started once a session, by the first test that asks for it.
    """
    sandbox = _maia_sandbox_of_the_session.start()  # a test may have closed it
    sandbox.reset()
    return sandbox
