"""Reading, writing and holding a full user (RFC 7643 section 8.2): our models, the stock generator's, scim2-models.

    python -m benchmarks.models

All read the user from JSON and write it back. scim2-models is used as scim2-client uses it: `model_validate` of an
answer as `RESOURCE_QUERY_RESPONSE`, `model_dump` of a body as `RESOURCE_REPLACEMENT_REQUEST`. A password in an answer
is refused by the first, so that in its rows nobody reads one.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.payload_table import stock_models

from .counting import available, per_call
from .figure import Figure, show
from .peer import full_user
from .timing import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, EACH = 200, 50
USERS = 1000


def ours() -> Any:
    """Our model."""
    from maia_public_api.models import ScimUser

    ScimUser.from_dict(full_user())  # the first of its kind costs more than all that follow
    return ScimUser


def _scim2() -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    from scim2_models import Context, EnterpriseUser, User

    model = User[EnterpriseUser]

    def read(body: Any) -> Any:
        return model.model_validate(body, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)

    def write(user: Any) -> Any:
        return user.model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)

    return read, write


def _calls(model: Any, body: dict[str, Any]) -> dict[str, Callable[[], object]]:
    user = model.from_dict(body)
    return {
        "from_dict": lambda: model.from_dict(body),
        "to_dict": user.to_dict,
        "both": lambda: model.from_dict(body).to_dict(),
    }


def figures() -> list[Figure]:
    """Measure."""
    with stock_models() as stock:
        found = [_against_stock(stock)]
    return [*found, _against_scim2(), _memory()]


def _against_stock(stock: Any) -> Figure:
    body, details = full_user(), dict[str, Any]()
    mine, theirs = _calls(ours(), body), _calls(stock.ScimUser, body)
    for what in mine:
        seconds = in_turns({"ours": mine[what], "stock": theirs[what]}, rounds=ROUNDS, each=EACH)
        details[f"{what}, microseconds"] = {name: taken * 1e6 for name, taken in seconds.items()}
        details[f"{what}, by clock"] = seconds["ours"] / seconds["stock"]
    value = details["both, by clock"]
    if available():
        folder = str(Path(stock.__file__).parents[2])
        for what in mine:
            counts = {who: _count(who, what, folder) for who in ("ours", "stock")}
            details[f"{what}, instructions"] = counts
            details[f"{what}, by instructions"] = counts["ours"] / counts["stock"]
        value = details["both, by instructions"]
    return Figure(
        "from_dict and to_dict of a full user", "the stock generator's code", value, bound=0.75, details=details
    )


def _count(who: str, what: str, folder: str) -> float:
    return per_call(["-m", "benchmarks.models", who, what, folder])


def one_case(who: str, what: str, folder: str, calls: int) -> None:
    """What a counted process does."""
    sys.path.insert(0, folder)
    model = ours() if who == "ours" else importlib.import_module("stock_public_api.models").ScimUser
    call = _calls(model, full_user())[what]
    for _ in range(calls):
        call()


def _against_scim2() -> Figure:
    body, model = full_user(), ours()
    read, write = _scim2()
    calls = {"scim2-models": lambda: write(read(body)), "ours": lambda: model.from_dict(body).to_dict()}
    seconds = in_turns(calls, rounds=ROUNDS, each=EACH // 5)
    details = {"microseconds": {name: taken * 1e6 for name, taken in seconds.items()}}
    value = seconds["scim2-models"] / seconds["ours"]
    return Figure(
        "from_dict and to_dict of a full user: times faster",
        "scim2-models, validate and dump",
        value,
        bound=10,
        sense="at least",
        details=details,
    )


def _memory() -> Figure:
    import httpx
    from maia_public_api.kept import keep

    model, (read, _) = ours(), _scim2()
    origin = "https://api.example.com"

    def kept(content: bytes) -> Any:
        """As `users.get` reads one."""
        response = httpx.Response(200, headers={"etag": 'W/"a330bc54f0671c9"'}, content=content)
        user = model.from_dict(response.json())
        keep(user, origin, response.content, response.headers.get("etag"))
        return user

    content = json.dumps(full_user()).encode()
    mine = _bytes_of_one(kept, content)
    theirs = _bytes_of_one(lambda content: read(json.loads(content)), content)
    return Figure(
        "memory of a full user as read, with the guard's snapshot",
        "scim2-models",
        mine / theirs,
        bound=0.5,
        details={"bytes": {"ours": mine, "scim2-models": theirs}, "of these the answer": len(content)},
    )


def _bytes_of_one(read: Callable[[bytes], Any], content: bytes) -> float:
    """Bytes that one user holds, by reading many, each from its own text."""
    read(content)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        users = [read(bytes(bytearray(content))) for _ in range(USERS)]
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / len(users)
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_case(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        show(figures())
