"""The vendor's API: its paths and methods, and errors in the form of its specification."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from maia_scim.sandbox.directory import Call, RefusedError
from maia_scim.sandbox.exchange import Answer, Request, problem

if TYPE_CHECKING:
    from maia_scim.sandbox.directory import Directory

COLLECTION_METHODS = {"Users": ("POST",)}
RESOURCE_METHODS = {"Users": ("GET", "PUT", "PATCH"), "Groups": ("GET", "PUT", "PATCH")}
MEDIA_TYPES = ("application/json", "application/scim+json")
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
        if request.method != "GET" and _media_type(request) not in MEDIA_TYPES:
            return problem(request, 415, f"The body must be {' or '.join(MEDIA_TYPES)}")
        identifier = unquote(identifiers[0]) if identifiers else None
        try:
            return self.directory.perform(Call(request.method, collection, identifier, request.headers, request.body))
        except RefusedError as refusal:
            return problem(request, refusal.status, refusal.detail, violations=refusal.violations)
        except Exception:
            log.exception("The sandbox failed at %s %s", request.method, request.path)
            return problem(request, 500, "Unexpected error occurred")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
