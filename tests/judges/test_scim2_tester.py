"""scim2-tester, a test suite for SCIM servers, judges the strict personality of the sandbox."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import scim2_tester.checkers
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import (
    Bulk,
    ChangePassword,
    EnterpriseUser,
    Error,
    ETag,
    Filter,
    Group,
    Patch,
    Required,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)
from scim2_tester import CheckConfig, CheckResult, Status, check_server
from scim2_tester.checkers import object_creation, resource_type_tests
from scim2_tester.filling import fill_with_random_values
from scim2_tester.utils import CheckContext, ResourceManager

from maia_scim.sandbox import Sandbox

API = "/v1/directory-integration/scim/v2"
USERS, GROUPS = ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)
# The vendor has no discovery: the tester is told what it would have read there.
PROVIDER = ScimProvider(
    [User, EnterpriseUser, Group],
    [USERS, GROUPS],
    ServiceProviderConfig(
        patch=Patch(supported=True),
        etag=ETag(supported=True),
        change_password=ChangePassword(supported=True),
        bulk=Bulk(supported=False),
        filter=Filter(supported=False),
        sort=Sort(supported=False),
    ),
)
GROUPS_TO_GIVE = 40

NO_DISCOVERY = "the vendor is not known to have ServiceProviderConfig, ResourceTypes or Schemas"
NO_LIST = "the vendor is not known to list or search users or groups"
NO_DELETE = "the vendor is not known to have DELETE"
NO_GROUP_CREATION = "the vendor is not known to have POST /Groups"
NO_PARTS = "the vendor is not known to have the query parameters attributes and excludedAttributes"
OF_DISCOVERY = "asks for each schema or resource type by what discovery gave"
DISCOVERY = {
    "service_provider_config": "/ServiceProviderConfig",
    "resource_types": "/ResourceTypes",
    "schemas": "/Schemas",
}
NOT_HERE = f"Nothing is at /dpc{API}"

# What does not pass, as (the resource, the check, what the tester says), each with the reason why it does not apply.
DOES_NOT_APPLY: dict[tuple[str, str, str], str] = {
    ("", "service_provider_config_endpoint", f"{NOT_HERE}/ServiceProviderConfig"): NO_DISCOVERY,
    ("", "query_all_resource_types", f"{NOT_HERE}/ResourceTypes"): NO_DISCOVERY,
    ("", "query_all_schemas", f"{NOT_HERE}/Schemas"): NO_DISCOVERY,
    **{
        ("", f"{name}_endpoint_methods", f"{verb} {path} returned 404 instead of 405"): NO_DISCOVERY
        for name, path in DISCOVERY.items()
        for verb in ("POST", "PUT", "PATCH", "DELETE")
    },
    ("User", "object_query_without_id", "GET is not offered here, only POST"): NO_LIST,
    ("User", "object_list_with_attributes", "GET is not offered here, only POST"): NO_LIST,
    ("User", "search_with_attributes", f"{NOT_HERE}/.search"): NO_LIST,
    ("User", "object_deletion", "DELETE is not offered here, only GET, PUT, PATCH"): NO_DELETE,
    (
        "User",
        "object_query_with_attributes",
        "GET /Resource/{id}: excluded attribute 'name' still present in User[EnterpriseUser] response",
    ): NO_PARTS,
    ("Group", "object_creation", f"{NOT_HERE}/Groups"): NO_GROUP_CREATION,
    ("Group", "object_query_without_id", f"{NOT_HERE}/Groups"): NO_LIST,
    ("Group", "object_list_with_attributes", f"{NOT_HERE}/Groups"): NO_LIST,
    ("Group", "search_with_attributes", f"{NOT_HERE}/.search"): NO_LIST,
    ("Group", "object_deletion", "DELETE is not offered here, only GET, PUT, PATCH"): NO_DELETE,
    (
        "Group",
        "object_query_with_attributes",
        "GET /Resource/{id}: excluded attribute 'members' still present in Group response",
    ): NO_PARTS,
}
# What the tester never comes to.
NEVER_RUN = {
    "access_schema_by_id": OF_DISCOVERY,
    "core_schemas_validation": OF_DISCOVERY,
    "query_resource_type_by_id": OF_DISCOVERY,
    "resource_types_schema_validation": OF_DISCOVERY,
}
# What passes, and how often: PATCH is checked once for each attribute.
PASSES = {
    ("", "random_url"): 1,
    ("", "access_invalid_resource_type"): 1,
    ("", "access_invalid_schema"): 1,
    ("User", "object_creation"): 1,
    ("User", "object_query"): 1,
    ("User", "object_query_with_attributes"): 1,  # of what is asked for; says little where the whole user comes
    ("User", "object_replacement"): 1,
    ("User", "check_add_attribute"): 27,
    ("User", "check_remove_attribute"): 26,  # all but the password, which is not known to be there
    ("User", "check_replace_attribute"): 28,
    ("Group", "object_query"): 1,
    ("Group", "object_query_with_attributes"): 1,
    ("Group", "object_replacement"): 1,
    ("Group", "check_add_attribute"): 2,
    ("Group", "check_remove_attribute"): 2,
    ("Group", "check_replace_attribute"): 3,
}


def strict_sandbox(**arguments: Any) -> Sandbox:
    return Sandbox(personality="strict", **arguments)


class Client(SyncSCIMClient):
    """The tester's client, which reads the vendor's errors as if they were SCIM's, so that their status is judged."""

    def request(self, method: str, url: str, **arguments: Any) -> httpx2.Response:
        answer = super().request(method, url, **arguments)
        if answer.headers.get("content-type") != "application/problem+json":
            return answer
        problem = answer.json()
        assert problem["status"] == answer.status_code
        error = Error(status=problem["status"], detail=problem["detail"]).model_dump()
        return httpx2.Response(answer.status_code, headers={"content-type": "application/scim+json"}, json=error)


class Resources(ResourceManager):
    """Creates users, and gives out groups that are there, since the vendor has no way to create one."""

    def __init__(self, context: CheckContext, groups: Iterator[str]) -> None:
        super().__init__(context)
        self.groups = groups

    def create_and_register(self, model: type[Resource[Any]], fill_all: bool = False) -> Resource[Any]:
        if not issubclass(model, Group):
            return super().create_and_register(model, fill_all)
        group = model(id=next(self.groups))
        fill_with_random_values(self.context, group, required=None if fill_all else [Required.true])
        replaced = self.context.client.replace(group)
        assert isinstance(replaced, Group)
        self.resources.append(replaced)
        return replaced


@pytest.fixture(scope="module")
def results():
    """All that the tester has to say."""
    groups = [{"id": f"group-{number}", "displayName": f"Group {number}"} for number in range(GROUPS_TO_GIVE)]
    with (
        pytest.MonkeyPatch.context() as patched,
        strict_sandbox(groups=groups, rate=None) as sandbox,
        httpx2.Client(
            base_url=sandbox.base_url + API, headers={"Authorization": f"Bearer {sandbox.issue_token()}"}
        ) as http,
    ):
        patched.setattr("scim2_tester.filling.random", random.Random(7643))
        client = Client(http, provider=PROVIDER)
        of_users = check_server(client, resource_types=["User"])
        context = CheckContext(client, CheckConfig())
        of_groups = object_creation(context, Group)
        context.resource_manager = Resources(context, iter([group["id"] for group in groups]))
        checks = resource_type_tests(context, GROUPS)
        of_groups += [check for check in checks if check.title != "object_creation"]
    for check in of_groups:
        check.resource_type = GROUPS.name
    return [*of_users, *of_groups]


def named(check: CheckResult) -> tuple[str, str]:
    return check.resource_type or "", check.title or ""


def test_what_fails_does_not_apply(results):
    failed = [(*named(check), check.reason) for check in results if check.status is not Status.SUCCESS]

    assert {*failed} == DOES_NOT_APPLY.keys()
    assert len(failed) == len(DOES_NOT_APPLY)


def test_all_that_applies_passes(results):
    assert Counter(named(check) for check in results if check.status is Status.SUCCESS) == PASSES


def test_no_check_is_forgotten(results):
    checks = {*scim2_tester.checkers.__all__} - {"resource_type_tests"}  # which runs the others

    assert checks - {check.title for check in results} == NEVER_RUN.keys()
