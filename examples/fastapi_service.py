"""A service that changes titles in Maia for others: FastAPI, with one client for all requests.

Set MAIA_REGION, MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or paste what `maia-scim sandbox` prints. Then:

    pip install maia-scim fastapi hypercorn
    hypercorn --bind 127.0.0.1:8080 examples/fastapi_service:app
    curl -X PUT -H 'Content-Type: application/json' -d '{"title": "Data Engineer"}' http://127.0.0.1:8080/users/ID/title

Whoever reaches it may change titles: put your own authentication in front. Each worker process has a client, and so a
token and a rate limit, of its own.
"""

from __future__ import annotations

import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from maia_scim import AsyncMaiaScim, RetryPolicy, errors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open the client when the service starts, and close it when it stops."""
    async with AsyncMaiaScim() as maia:
        app.state.maia = maia
        yield


app = FastAPI(title="Titles", lifespan=lifespan)


async def client(request: Request) -> AsyncMaiaScim:
    """The client of the process, in a hurry: a call ends within 2 + 3 seconds, and an edit is two of them or more."""
    maia: AsyncMaiaScim = request.app.state.maia
    return maia.with_options(timeout=3, retry=RetryPolicy(attempts=3, backoff=0.2, budget=2))


class Title(BaseModel):
    """What a request says."""

    title: str


@app.put("/users/{user_id}/title")
async def change_title(
    user_id: Annotated[str, Path(pattern=r"^[\w-]+$")],
    wanted: Title,
    response: Response,
    maia: Annotated[AsyncMaiaScim, Depends(client)],
) -> dict[str, str | None]:
    """Change the title of a user, and keep what others change meanwhile."""
    with maia.capture() as calls:
        async with maia.users.edit(user_id) as user:
            user.title = wanted.title
    if request_id := calls[-1].request_id:
        response.headers["X-Maia-Request-Id"] = request_id
    return {"id": user.id, "userName": user.user_name, "title": user.title}


@app.exception_handler(errors.MaiaError)
async def failed(_: Request, error: errors.MaiaError) -> JSONResponse:
    """Answer what is known of a write that failed."""
    headers: dict[str, str] = {}
    if error.outcome == "unknown":  # first: a later no does not change that an earlier attempt may have written
        status = 502
    elif isinstance(error, errors.NotFound):
        status = 404
    elif isinstance(error, errors.BadRequest):
        status = 422
    elif isinstance(error, errors.Conflict | errors.PreconditionFailed):  # an EditConflict is one of the latter
        status = 409
    elif isinstance(error, errors.RateLimited):
        status = 503
        headers["Retry-After"] = str(math.ceil(error.retry_after or 1))
    else:
        status = 503 if error.outcome == "not_sent" else 502
    request_id = getattr(error, "request_id", None)
    if request_id:
        headers["X-Maia-Request-Id"] = request_id
    told = {"error": type(error).__name__, "outcome": error.outcome, "detail": str(error), "requestId": request_id}
    return JSONResponse(told, status, headers)
