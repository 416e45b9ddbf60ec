"""One call under a fault, by either client: what came of it, and what the service saw and holds."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from maia_scim import BearerToken, MaiaScim, RetryPolicy, clock, patch
from maia_scim.errors import MaiaError
from maia_scim.models import ScimUser
from maia_scim.sandbox.faults import Redirect, TlsFailure
from tests.faults.matrix import ATTEMPTS, ELSEWHERE, Promise, Refused, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import pytest

    from maia_scim.sandbox import Sandbox
    from maia_scim.sandbox.faults import Fault
    from tests.faults.matrix import Row

BARBARA, OTHERS = (
    "2819c223-7f76-453a-919d-413861904646",
    (
        "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11",
        "c3a26dd3-27a0-4dec-a2ac-ce211e105f97",
    ),
)
TITLE = "Under a fault"
NEW = "new.hire"
BOUND = 10.0
"""Real seconds that no case may take."""


def user(id: str = BARBARA) -> ScimUser:
    return ScimUser(id=id, user_name=id, active=True, title=TITLE)


def collected(client: Any, users: list[ScimUser]) -> Any:
    if isinstance(client, MaiaScim):
        return list(client.users.replace_many(users, concurrency=1))

    async def collect() -> list[Any]:
        return [each async for each in client.users.replace_many(users, concurrency=1)]

    return collect()


CALLS: dict[str, Callable[[Any], Any]] = {
    "get": lambda client: client.users.get(BARBARA),
    "replace": lambda client: client.users.replace(user(), guard="off"),
    "patch": lambda client: client.users.patch(BARBARA, patch.replace("title", TITLE)),
    "create": lambda client: client.users.create(ScimUser(user_name=NEW, active=True, title=TITLE)),
    "replace_many": lambda client: collected(client, [user(each) for each in (BARBARA, *OTHERS)]),
}
METHODS = {"get": "GET", "replace": "PUT", "patch": "PATCH", "create": "POST", "replace_many": "PUT"}


def arguments(row: Row, sandbox: Sandbox) -> dict[str, Any]:
    """What to make the client with."""
    retry = RetryPolicy(attempts=ATTEMPTS, backoff=0.01)
    given = {**sandbox.connection, "timeout": row.timeout, "retry": retry}
    if isinstance(row.make(), Refused | TlsFailure | Untrusted):  # the first connection is to be the operation's
        given["auth"] = BearerToken(sandbox.issue_token())
    return given


def bounded(work: Callable[[], Any]) -> Any:
    """Run it; fail when it takes longer than any case may."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(_tried(work)), daemon=True)
    thread.start()
    thread.join(BOUND)
    assert not thread.is_alive(), f"still running after {BOUND} s"
    return results[0]


def _tried(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - it belongs to the thread that waits
        return error


@contextlib.contextmanager
def refused(sandbox: Sandbox, recovers: bool, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Connections are refused, if it recovers until the first wait."""
    with contextlib.ExitStack() as stack:
        block = contextlib.ExitStack()
        block.enter_context(sandbox.refusing_connections())
        stack.callback(block.close)
        for name in ("sleep", "sleep_async", "wait", "wait_async") if recovers else ():
            monkeypatch.setattr(clock, name, _after(block.close, getattr(clock, name)))
        yield


def _after(first: Callable[[], None], wait: Callable[..., Any]) -> Callable[..., Any]:
    def waited(*arguments: Any) -> Any:
        first()
        return wait(*arguments)

    return waited


def observe(
    row: Row,
    operation: str,
    run: Callable[..., Any],
    sandbox: Sandbox,
    elsewhere: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Promise, Counter[str]]:
    """Make one call under a row's fault.

    Returns:
        What came of it, for a batch of its first user, and how many writes were carried out, by user.
    """
    fault = _there(row.make(), elsewhere)
    written = _counted(sandbox, monkeypatch)
    with contextlib.ExitStack() as stack:
        if isinstance(fault, Refused):
            stack.enter_context(refused(sandbox, fault.recovers, monkeypatch))
        elif not isinstance(fault, Untrusted):
            kind = "replace" if operation == "replace_many" else operation
            on = None if isinstance(fault, TlsFailure) else "token" if row.of_token else f"users.{kind}"
            stack.enter_context(sandbox.inject(fault, on=on, times=row.times))
        came = bounded(lambda: run(CALLS[operation], **arguments(row, sandbox)))
    if operation == "replace_many":
        assert isinstance(came, list), came
        assert sorted(each.index for each in came) == [0, 1, 2], "every user has one outcome"
        rest = [each for each in came if each.index > 0]
        if not row.for_ever and not row.of_token:
            assert all(each.user for each in rest), "a fault of one user is none of the others"
        [first] = [each for each in came if each.index == 0]
        came = first.error or first.user
    if isinstance(came, BaseException) and not isinstance(came, MaiaError):
        raise came
    _settled(sandbox)
    return _seen(came, operation, sandbox), written


def _there(fault: Fault, elsewhere: Sandbox) -> Fault:
    if isinstance(fault, Redirect) and fault.location == ELSEWHERE:
        return Redirect(elsewhere.base_url + "/v1/directory-integration/scim/v2/Users/1", fault.status)
    return fault


def _counted(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    directory, written = sandbox._ready().directory, Counter[str]()
    perform = directory.perform

    def counting(call: Any) -> Any:
        answer = perform(call)
        if call.method != "GET":
            written[call.id or NEW] += 1
        return answer

    monkeypatch.setattr(directory, "perform", counting)
    return written


def _settled(sandbox: Sandbox) -> None:
    """Wait for what the service is still at, such as an operation that a fault delayed."""
    server = sandbox._running()
    for worker in list(server._workers):
        worker.join(BOUND)
        assert not worker.is_alive()


def _seen(came: Any, operation: str, sandbox: Sandbox) -> Promise:
    failed = isinstance(came, MaiaError)
    mine = [each for each in sandbox.requests if each.method == METHODS[operation] and each.id in (BARBARA, None)]
    held = None
    if operation == "create":
        held = "new" if any(each["userName"] == NEW for each in sandbox.users.values()) else "old"
    elif operation != "get":
        held = "new" if sandbox.users[BARBARA]["title"] == TITLE else "old"
    return Promise(type(came).__name__ if failed else "ok", came.outcome if failed else None, len(mine), held)
