from __future__ import annotations

from http import HTTPMethod
from typing import TYPE_CHECKING, Any

import httpx

from ... import errors
from ...answers import answer
from ...base import to_model
from ...models.problem_detail import ProblemDetail
from ...models.scim_user import ScimUser

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...types import Response

METHOD = HTTPMethod.POST
PATH = "/v1/directory-integration/scim/v2/Users"


def build_request(
    *,
    body: ScimUser,
) -> dict[str, Any]:
    """Arguments for ``httpx.Client.request``; ``url`` is relative to the base URL."""
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": METHOD.value,
        "url": PATH,
    }
    _kwargs["json"] = body.to_dict()
    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def read_response(response: httpx.Response) -> ScimUser | ProblemDetail | None:
    """The answer as the spec promises it for its status; None for any other."""
    if response.status_code == 201:
        return answer(response, lambda x: to_model(ScimUser, x))
    if response.status_code == 400:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 401:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 403:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 429:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 500:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    return None


def _build_response(
    client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ScimUser | ProblemDetail]:
    if client.raise_on_unexpected_status and not (
        201 <= response.status_code <= 201
        or 400 <= response.status_code <= 400
        or 401 <= response.status_code <= 401
        or 403 <= response.status_code <= 403
        or 429 <= response.status_code <= 429
        or 500 <= response.status_code <= 500
    ):
        raise errors.UnexpectedStatus(response.status_code, response.content)
    from ...types import (
        Response,  # and the client: whoever builds requests alone need not load them
    )

    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=read_response(response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ScimUser,
) -> Response[ScimUser | ProblemDetail]:
    """Create SCIM User

     Create a SCIM User. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        body (ScimUser):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ScimUser | ProblemDetail]
    """

    kwargs = build_request(
        body=body,
    )
    return _build_response(client, client.get_httpx_client().request(**kwargs))


def sync(
    *,
    client: AuthenticatedClient,
    body: ScimUser,
) -> ScimUser | ProblemDetail | None:
    """Create SCIM User

     Create a SCIM User. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        body (ScimUser):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ScimUser | ProblemDetail
    """

    return (
        sync_detailed(
            client=client,
            body=body,
        )
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ScimUser,
) -> Response[ScimUser | ProblemDetail]:
    """Create SCIM User

     Create a SCIM User. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        body (ScimUser):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ScimUser | ProblemDetail]
    """

    kwargs = build_request(
        body=body,
    )
    return _build_response(client, await client.get_async_httpx_client().request(**kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: ScimUser,
) -> ScimUser | ProblemDetail | None:
    """Create SCIM User

     Create a SCIM User. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        body (ScimUser):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ScimUser | ProblemDetail
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
