"""The strict personality: a server of the RFCs, scim2-server, kept in memory and tuned to the vendor's service.

scim2-server takes most of a second to import, so nothing imports this module before a sandbox starts.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

from pydantic import ValidationError
from scim2_models import (
    Attribute,
    Context,
    Error,
    Meta,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ScimProvider,
)
from scim2_server.handler import ScimHandler
from scim2_server.memory import InMemoryStorage
from scim2_server.requests import ScimRequest
from scim2_server.service import ScimService
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from maia_scim.sandbox.digits import decode_object, encode
from maia_scim.sandbox.directory import COLLECTIONS, READ_ONLY, REQUIRED, RefusedError, Seeding
from maia_scim.sandbox.exchange import Answer, json_answer

if TYPE_CHECKING:
    from scim2_server.responses import ScimResponse
    from scim2_server.routing import Target

    from maia_scim.sandbox.clock import Clock
    from maia_scim.sandbox.directory import Call, State

GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
VENDOR_GROUP_ATTRIBUTES = ("accountId", "accountName", "environment", "projectId", "projectName", "role")


class _Storage(InMemoryStorage):
    def generate_id(self, resource_type: ResourceType, resource: Resource[Any]) -> str:  # noqa: ARG002 (the base's)
        return str(uuid.uuid4())

    def resources_of(self, name: str) -> list[Resource[Any]]:
        """Return the stored resources of one type, not copied."""
        with self.lock:
            return [*self._resources.get(name, {}).values()]


class _Service(ScimService):
    """The protocol, where the vendor's service differs from scim2-server's."""

    def __init__(self, provider: ScimProvider, storage: _Storage) -> None:
        super().__init__(provider)
        self._storage = storage

    @staticmethod
    def match(request: ScimRequest) -> Target:
        """Take paths as they were sent, so that an id may hold any character."""
        target = ScimService.match(request)
        return target if target.resource_id is None else replace(target, resource_id=unquote(target.resource_id))

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        # The vendor answers 200 with the user; scim2-server would answer 204.
        return self.replacement_response(base_url, resource, response_parameters)

    def resource_location(self, base_url: str, resource_type: ResourceType, resource_id: str) -> str:
        return super().resource_location(base_url, resource_type, quote(resource_id, safe=""))

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """Give a user the groups that it is a member of, besides those of elsewhere that it came with."""
        published = super().publish(base_url, resource)
        if self.get_resource_type_of(resource).name != "User":
            return published
        groups = {group.id: group for group in self._storage.resources_of("Group")}
        memberships = [each for each in _items(published, "groups") if each.value not in groups]
        for group_id, group in groups.items():
            if any(member.value == resource.id for member in _items(group, "members")):
                location = self.resource_location(base_url, self.get_resource_type("Group"), cast("str", group_id))
                membership = {"value": group_id, "$ref": location, "display": group["displayName"], "type": "DIRECT"}
                memberships.append(membership)
        published["groups"] = memberships or None
        return published


def _items(resource: Resource[Any], name: str) -> list[Any]:
    return cast("list[Any] | None", resource[name]) or []


class StrictDirectory:
    """Users and groups in memory, behind the operations of SCIM.

    Args:
        base_url: the URL that locations start with.
        clock: the time of ``meta.created`` and ``meta.lastModified``.
    """

    def __init__(self, base_url: str, clock: Clock) -> None:
        self.base_url = base_url
        self._storage = _Storage(clock.moment)
        self._service = _Service(_provider(), self._storage)
        self._handler = ScimHandler(self._service, self._storage)

    def load(self, state: State) -> None:
        """Replace all users and groups; see `Directory`."""
        before = self._storage.versions
        # Versions begin anew, so that a test finds the same ones whatever ran before it.
        self._storage.versions = itertools.count(1)
        try:
            resources = self._loaded(state)
        except ValueError:
            self._storage.versions = before
            raise
        with self._storage.lock:
            self._storage.resources = resources

    def _loaded(self, state: State) -> list[Resource[Any]]:
        resources: list[Resource[Any]] = []
        seeding = Seeding(state)
        for where, kind, content in seeding:
            resource = self._read(where, self._service.get_resource_type(kind), content)
            seeding.claim(where, f"{kind} id {resource.id!r}")
            if kind == "User":
                seeding.claim(where, f"userName {resource['userName'].casefold()!r}")
            resources.append(resource)
        return resources

    def dump(self) -> State:
        """Return the stored resources as they would be answered."""
        with self._storage.lock, self._service.provider:
            return cast(
                "State",
                {name: [*map(self._shown, self._storage.resources_of(kind))] for name, kind in COLLECTIONS.items()},
            )

    def _shown(self, resource: Resource[Any]) -> dict[str, Any]:
        return self._service.publish(self.base_url, resource).model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)

    def perform(self, call: Call) -> Answer:
        """Do one operation; see `Directory`."""
        path = f"/{call.collection}" if call.id is None else f"/{call.collection}/{quote(call.id, safe='')}"
        body = _writable(call.body) if call.method in ("POST", "PUT") else call.body
        try:
            response = self._handler.handle(ScimRequest(call.method, self.base_url, path, {}, call.headers, body))
        except SCIMException as refusal:
            raise _refused(refusal) from refusal
        # The specification promises application/json, scim2-server says application/scim+json.
        headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
        if response.body is None:
            return Answer(response.status, headers)
        return json_answer(response.status, response.body, headers)

    def _read(self, where: str, resource_type: ResourceType, content: object) -> Resource[Any]:
        """Return the resource of a seed."""
        if not isinstance(content, dict):
            kind = type(content).__name__
            raise ValueError(f"{where}: a JSON object is needed, not {kind}")  # noqa: TRY004 - as all faults of a seed
        try:
            with self._service.provider:
                resource = self._service.get_model(resource_type).model_validate(content)
        except ValidationError as error:
            raise ValueError(f"{where}: {'; '.join(_violations(error))}") from error
        required = REQUIRED[cast("str", resource_type.name)]
        if not resource[required]:
            raise ValueError(f"{where}: {required} is required")
        resource.id = resource.id or self._storage.generate_id(resource_type, resource)
        given = resource.meta or Meta()
        now = self._storage.clock()
        resource.meta = Meta(
            resource_type=resource_type.name,
            created=given.created or now,
            last_modified=given.last_modified or now,
            version=self._storage.next_version(),
        )
        return resource


def _writable(body: bytes) -> bytes:
    """Return the body without what the service sets itself and ignores from clients, in whatever shape it comes."""
    # RFC 7643 §2.1: attribute names are case-insensitive.
    return encode({key: value for key, value in decode_object(body).items() if key.lower() not in READ_ONLY})


@cache
def _provider() -> ScimProvider:
    """Describe the service: RFC 7643's schemas, with the vendor's own attributes of groups."""
    schemas = load_default_schemas()
    attributes = schemas[GROUP_SCHEMA].attributes
    assert attributes is not None
    attributes.extend(Attribute(name=name, type=Attribute.Type.string) for name in VENDOR_GROUP_ATTRIBUTES)
    return ScimProvider.from_discovery(
        schemas.values(),
        load_default_resource_types().values(),
        config=load_default_service_provider_config(),
    )


def _refused(refusal: SCIMException) -> RefusedError:
    cause = refusal.__cause__ or refusal.__context__
    if not isinstance(cause, ValidationError):
        return RefusedError(refusal.status, str(refusal), [])
    violations = _violations(cause)
    return RefusedError(refusal.status, violations[0], violations)


def _violations(error: ValidationError) -> list[str]:
    return [str(each.detail) for each in Error.from_validation_errors(error)]
