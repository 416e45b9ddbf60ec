"""The vendor's API: its paths and methods, and errors in the form of its specification."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, cast

from maia_scim.sandbox.directory import READ_ONLY, Directory, RefusedError
from maia_scim.sandbox.exchange import Answer, Request, json_answer, problem

if TYPE_CHECKING:
    from collections.abc import Mapping

COLLECTION_METHODS = {"Users": ("POST",)}
RESOURCE_METHODS = {"Users": ("GET", "PUT", "PATCH"), "Groups": ("GET", "PUT", "PATCH")}
log = logging.getLogger(__name__)


class Api:
    """Answers requests to the SCIM endpoints, those the vendor is known to have and no other.

    Args:
        prefix: the path that the endpoints stand under.
        directory: what does the operations.
    """

    def __init__(self, prefix: str, directory: Directory) -> None:
        self.directory = directory
        self._prefix = prefix

    def answer(self, request: Request) -> Answer:
        """Answer a request whose token is valid."""
        path = request.path.removeprefix(self._prefix)
        collection, *identifiers = path.removeprefix("/").split("/")
        methods = (RESOURCE_METHODS if identifiers else COLLECTION_METHODS).get(collection)
        if methods is None or len(identifiers) > 1 or identifiers == [""]:
            return problem(request, 404, f"Nothing is at {request.path}")
        if request.method not in methods:
            allowed = ", ".join(methods)
            detail = f"{request.method} is not offered here, only {allowed}"
            return problem(request, 405, detail, headers={"Allow": allowed})
        try:
            body = _writable(request) if request.method in ("POST", "PUT") else request.body
            response = self.directory.perform(request.method, path, request.headers, body)
        except RefusedError as refusal:
            return problem(request, refusal.status, refusal.detail, violations=refusal.violations)
        except Exception:
            log.exception("The sandbox failed at %s %s", request.method, request.path)
            return problem(request, 500, "Unexpected error occurred")
        # The specification promises application/json, scim2-server says application/scim+json.
        headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
        if response.body is None:
            return Answer(response.status, headers)
        return json_answer(response.status, response.body, headers)


def _writable(request: Request) -> bytes:
    """Return the body without what the service sets itself and ignores from clients, in whatever shape it comes."""
    try:
        content = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"The body is not JSON: {error}", []) from error
    if not isinstance(content, dict):
        raise RefusedError(400, "The body must be a JSON object", [])
    resource = cast("Mapping[str, Any]", content)
    # RFC 7643 §2.1: attribute names are case-insensitive.
    return json.dumps({key: value for key, value in resource.items() if key.lower() not in READ_ONLY}).encode()
