"""Every fault under every operation by both clients: what is promised comes, and nothing worse."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maia_scim.sandbox import Sandbox, faults
from maia_scim.sandbox.faults import TlsFailure
from scripts import fault_matrix
from tests.faults.calls import BARBARA, arguments, bounded, observe
from tests.faults.matrix import OPERATIONS, ROWS, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.matrix import Row

CERTIFICATE = Path(__file__).parents[1] / "support" / "self_signed.pem"


@pytest.fixture(scope="module")
def plain() -> Iterator[Sandbox]:
    with Sandbox(rate=None) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def secure() -> Iterator[Sandbox]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with Sandbox(rate=None, tls=context) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.group}-{row.name}".replace(" ", "-"))
def test_what_is_promised_comes(
    row: Row,
    operation: str,
    run: Callable[..., object],
    plain: Sandbox,
    secure: Sandbox,
    elsewhere: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = row.make()
    sandbox = secure if isinstance(fault, TlsFailure | Untrusted) or row.name.startswith("301") else plain
    if not isinstance(fault, Untrusted):
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    sandbox.reset()

    seen, written = observe(row, operation, run, sandbox, elsewhere, monkeypatch)

    assert seen == row.promise(operation)
    # Whatever is promised, this holds:
    if seen.held == "new":
        assert seen.outcome in (None, "unknown"), "a write that was done is not called undone"
    else:
        assert seen.kind != "ok" or operation == "get", "a write that was not done is not called done"
    if operation in ("patch", "create"):
        assert written.total() <= 1, "what must be written once was written twice"
    assert (elsewhere.requests, elsewhere.token_requests) == ([], 0), "nothing goes to another host"
    if not row.for_ever:
        after = bounded(lambda: run(lambda client: client.users.get(BARBARA), **arguments(row, sandbox)))
        assert after.id == BARBARA


def test_there_are_enough_faults() -> None:
    assert len(ROWS) >= 40
    assert len({(row.group, row.name) for row in ROWS}) == len(ROWS)


def test_every_kind_of_fault_is_tried() -> None:
    kinds = {kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, faults.Fault)}

    assert {type(row.make()) for row in ROWS} >= kinds - {faults.Fault}


def test_the_committed_page_is_what_the_script_gives() -> None:
    assert fault_matrix.PAGE.read_text("utf-8") == fault_matrix.page(), "run python -m scripts.fault_matrix"
