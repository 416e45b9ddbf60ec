from __future__ import annotations

from http import HTTPMethod
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ... import errors
from ...answers import answer
from ...base import to_model
from ...models.problem_detail import ProblemDetail
from ...models.scim_user import ScimUser

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...types import Response

METHOD = HTTPMethod.GET
PATH = "/v1/directory-integration/scim/v2/Users/{id}"


def build_request(
    id: str,
) -> dict[str, Any]:
    """Arguments for ``httpx.Client.request``; ``url`` is relative to the base URL."""

    _kwargs: dict[str, Any] = {
        "method": METHOD.value,
        "url": PATH.format(
            id=quote(str(id), safe=""),
        ),
    }
    return _kwargs


def read_response(response: httpx.Response) -> ScimUser | ProblemDetail | None:
    """The answer as the spec promises it for its status; None for any other."""
    if response.status_code == 200:
        return answer(response, lambda x: to_model(ScimUser, x))
    if response.status_code == 400:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 401:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 403:
        return answer(response, lambda x: to_model(ProblemDetail, x))
    if response.status_code == 404:
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
        200 <= response.status_code <= 200
        or 400 <= response.status_code <= 400
        or 401 <= response.status_code <= 401
        or 403 <= response.status_code <= 403
        or 404 <= response.status_code <= 404
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
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[ScimUser | ProblemDetail]:
    """Get SCIM User

     Read a SCIM User by ID. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ScimUser | ProblemDetail]
    """

    kwargs = build_request(
        id=id,
    )
    return _build_response(client, client.get_httpx_client().request(**kwargs))


def sync(
    id: str,
    *,
    client: AuthenticatedClient,
) -> ScimUser | ProblemDetail | None:
    """Get SCIM User

     Read a SCIM User by ID. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ScimUser | ProblemDetail
    """

    return (
        sync_detailed(
            id=id,
            client=client,
        )
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
) -> Response[ScimUser | ProblemDetail]:
    """Get SCIM User

     Read a SCIM User by ID. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ScimUser | ProblemDetail]
    """

    kwargs = build_request(
        id=id,
    )
    return _build_response(client, await client.get_async_httpx_client().request(**kwargs))


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
) -> ScimUser | ProblemDetail | None:
    """Get SCIM User

     Read a SCIM User by ID. From the vendor's documentation pages; its specification does not hold this
    operation yet.

    Args:
        id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ScimUser | ProblemDetail
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
        )
    ).parsed
