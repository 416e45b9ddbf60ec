"""A directory of users and groups behind `Scripted`: plain JSON, with or without versions."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.support.scripted import Answer, Scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.scripted import Received


class Directory:
    """Holds resources by path tail ("Users/1"). `before` is called ahead of each request, to meddle.

    Without `versions` it has no ETags and ignores If-Match, as the service may.
    """

    def __init__(self, resources: dict[str, dict[str, Any]], *, versions: bool = True) -> None:
        self.resources = {path: self._made({"id": path.split("/")[1], **body}) for path, body in resources.items()}
        self.versions = versions
        self.before: Callable[[Received], None] = lambda _: None

    def _made(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**copy.deepcopy(body), "meta": {"resourceType": "X"}}

    def change(self, path: str, **attributes: Any) -> None:
        """Change a resource behind the client's back."""
        resource = self.resources[path]
        resource.update(attributes)
        resource["number"] = resource.get("number", 1) + 1

    def answer(self, request: Received) -> Answer:
        self.before(request)
        path = "/".join(request.path.split("/")[-2:])
        if path not in self.resources:
            return Answer.problem(404)
        resource = self.resources[path]
        if request.method != "GET":
            wanted = request.headers.get("If-Match")
            if self.versions and wanted not in (None, self._etag(resource)):
                return Answer.problem(412)
            number = resource.get("number", 1) + 1
            if request.method == "PUT":
                self.resources[path] = resource = {**self._made(request.json), "number": number}
            else:
                self.patch(resource, request.json["Operations"])
                resource["number"] = number
        shown = {name: value for name, value in resource.items() if name != "number"}
        if not self.versions:
            return Answer.of_json(shown)
        shown["meta"] = {**shown["meta"], "version": self._etag(resource)}
        return Answer.of_json(shown, ETag=self._etag(resource))

    def _etag(self, resource: dict[str, Any]) -> str:
        return f'W/"{resource.get("number", 1)}"'

    def patch(self, resource: dict[str, Any], operations: list[dict[str, Any]]) -> None:
        """The shapes that this package sends: simple paths, and members by id."""
        for operation in operations:
            path, value = operation.get("path", ""), operation.get("value")
            if operation["op"] == "add" and path == "members":
                resource.setdefault("members", []).extend(value)
            elif operation["op"] == "remove" and path.startswith("members[value eq "):
                gone = path.removeprefix('members[value eq "').removesuffix('"]')
                resource["members"] = [each for each in resource["members"] if each["value"] != gone]
            elif operation["op"] == "remove":
                resource.pop(path, None)
            elif path:
                resource[path] = value
            else:
                resource.update(value or {})


def serve(resources: dict[str, dict[str, Any]], *, versions: bool = True) -> tuple[Scripted, Directory]:
    """A server over a directory, not started."""
    directory = Directory(resources, versions=versions)
    return Scripted(directory.answer), directory
