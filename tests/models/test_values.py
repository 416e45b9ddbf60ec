"""What a user of the models may rely on for enums, dates, references, secrets and copies."""

from __future__ import annotations

import copy
import datetime
import json
import pickle
from typing import Any, ClassVar, cast
from uuid import UUID

import attrs
import pytest
from maia_public_api.models import (
    Address,
    Email,
    GroupMember,
    Meta,
    Name,
    PatchOperation,
    PatchOperationOp,
    PatchRequest,
    ScimGroup,
    ScimUser,
    UserGroup,
    UserGroupType,
)

from tests.models.holds import untyped
from tests.support.canary import PASSWORD

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UTC = datetime.UTC


class TestEnums:
    def test_known_and_unknown_values(self):
        known, unknown = UserGroup.from_dict({"type": "DIRECT"}).type_, UserGroup.from_dict({"type": "direct"}).type_
        assert known is UserGroupType.DIRECT
        assert known.is_known
        assert unknown
        assert not unknown.is_known
        assert isinstance(unknown, UserGroupType)
        assert unknown == UserGroupType("direct")
        assert unknown != known
        assert (str(unknown), f"{unknown}", unknown.value, unknown.name) == ("direct",) * 4

    @pytest.mark.parametrize("text", ["DIRECT", "direct", "", "Ünknown"])
    def test_equal_and_hash_as_their_text(self, text: str):
        member = UserGroupType(text)
        assert member == text
        assert text == member
        assert hash(member) == hash(text)
        assert {text: 1}[member] == 1
        assert json.dumps(member) == json.dumps(text)

    @pytest.mark.parametrize("text", ["DIRECT", "direct"])
    def test_survive_pickle_and_copies(self, text: str):
        member = UserGroupType(text)
        for again in (pickle.loads(pickle.dumps(member)), copy.copy(member), copy.deepcopy(member)):
            assert again == member
            assert type(again) is UserGroupType
            assert again.is_known == (text == "DIRECT")

    def test_reading_an_unknown_value_adds_no_member(self):
        UserGroupType("a-value-of-tomorrow")
        assert list(UserGroupType) == ["DIRECT", "INDIRECT"]

    def test_are_set_by_member_and_by_text(self):
        group = UserGroup.from_dict({"type": "direct"})
        group.type_ = UserGroupType.INDIRECT
        assert group.to_dict() == {"type": "INDIRECT"}
        group.type_ = untyped("nested")
        assert group.to_dict() == {"type": "nested"}
        assert PatchOperation(op=PatchOperationOp.REMOVE).to_dict() == {"op": "remove"}

    def test_written_values_are_plain_text(self):
        assert type(UserGroup(type_=UserGroupType.DIRECT).to_dict()["type"]) is str


class TestDates:
    def test_go_back_as_they_came_until_they_are_changed(self):
        meta = Meta.from_dict({"created": "2024-05-01T12:30:45.1234567+02:00", "lastModified": 1714566645123})
        assert meta.to_dict() == {"created": "2024-05-01T12:30:45.1234567+02:00", "lastModified": 1714566645123}
        assert meta.created
        meta.created += datetime.timedelta(seconds=1)
        assert meta.to_dict() == {"created": "2024-05-01T12:30:46.123456+02:00", "lastModified": 1714566645123}

    def test_utc_is_written_as_z(self):
        assert Meta(created=datetime.datetime(2024, 5, 1, 12, 30, 45, tzinfo=UTC)).to_dict() == {
            "created": "2024-05-01T12:30:45Z"
        }

    def test_an_unknown_zone_stays_unknown(self):
        meta = Meta.from_dict({"created": "2024-05-01T12:30:45"})
        assert meta.created == datetime.datetime(2024, 5, 1, 12, 30, 45)
        assert meta.to_dict() == {"created": "2024-05-01T12:30:45"}

    def test_the_same_instant_in_another_zone_is_no_change(self):
        meta = Meta.from_dict({"created": "2024-05-01T12:30:45Z"})
        meta.created = datetime.datetime(2024, 5, 1, 14, 30, 45, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
        assert meta.to_dict() == {"created": "2024-05-01T12:30:45Z"}


class TestReferences:
    @pytest.mark.parametrize("spelling", ["$ref", "ref", "$Ref", "REF"])
    def test_go_back_under_the_name_they_came_under(self, spelling: str):
        group = UserGroup.from_dict({spelling: "../Groups/1"})
        assert group.ref == "../Groups/1"
        group.ref = "../Groups/2"
        assert group.to_dict() == {spelling: "../Groups/2"}
        group.ref = None
        assert group.to_dict() == {spelling: None}

    def test_a_new_one_has_the_name_of_the_specification(self):
        assert GroupMember(ref="../Users/1").to_dict() == {"ref": "../Users/1"}

    def test_both_names_are_kept_apart(self):
        group = UserGroup.from_dict({"ref": "new", "$ref": "old"})
        group.ref = "newer"
        assert group.to_dict() == {"ref": "newer", "$ref": "old"}

    def test_copies_know_the_name_too(self):
        group = UserGroup.from_dict({"$ref": "../Groups/1"})
        for again in (attrs.evolve(group, ref="x"), copy.deepcopy(group), pickle.loads(pickle.dumps(group))):
            assert list(again.to_dict()) == ["$ref"]


class TestSecrets:
    def test_are_masked_in_every_repr(self):
        user = ScimUser.from_dict({"userName": "ada", "password": PASSWORD, "urn:example:x": {"password": PASSWORD}})
        for text in (repr(user), str(user), f"{user}", repr([user]), repr(attrs.evolve(user, title="x"))):
            assert PASSWORD not in text
            assert "password='***'" in text

    def test_other_spellings_are_masked_too(self):
        assert PASSWORD not in repr(ScimUser.from_dict({"PASSWORD": PASSWORD}))
        assert PASSWORD not in repr(ScimUser.from_dict({"Password": PASSWORD, "password": [PASSWORD]}))

    def test_a_patch_may_hold_one(self):
        bare, inside = (
            PatchOperation(path="password", value=PASSWORD),
            PatchOperation(value={"password": PASSWORD}),
        )
        assert PASSWORD not in repr(PatchRequest(operations=[bare, inside]))

    def test_repr_shows_what_is_assigned_and_names_extensions(self):
        user = ScimUser.from_dict({"userName": "ada", "title": None, "emails": [], ENTERPRISE: {"costCenter": "4130"}})
        assert repr(user) == f"ScimUser(user_name='ada', '{ENTERPRISE}': …)"


class TestCopies:
    BODY: ClassVar[dict[str, Any]] = {
        "active": "True",
        "emails": ["a@example.com"],
        ENTERPRISE: {"costCenter": "4130"},
        "TITLE": "x",
    }

    def test_a_deep_copy_shares_nothing(self):
        user = ScimUser.from_dict(self.BODY)
        again = copy.deepcopy(user)
        again[ENTERPRISE]["costCenter"] = "4131"
        again.emails[0].value = "b@example.com"
        assert user.to_dict() == self.BODY
        assert again != user

    def test_equality_is_of_what_is_read_not_of_how_it_came(self):
        assert ScimUser.from_dict({"active": "True"}) == ScimUser(active=True)
        assert ScimUser.from_dict({"active": True}) != ScimUser(active=False)
        assert UserGroup.from_dict({"$ref": "x"}) == UserGroup.from_dict({"ref": "x"})
        assert cast("object", Email(value="x")) != Address()

    def test_models_move_between_users(self):
        user = ScimUser.from_dict(self.BODY)
        other = ScimUser(emails=user.emails, name=Name.from_dict({"FAMILYNAME": "Byron"}))
        assert other.to_dict() == {"emails": ["a@example.com"], "name": {"FAMILYNAME": "Byron"}}

    def test_a_uuid_is_written_as_text(self):
        project = UUID("2f1c0e7a-9b43-4d5e-8a7b-0c1d2e3f4a5b")
        assert ScimGroup(project_id=project).to_dict() == {"projectId": str(project)}
        group = ScimGroup.from_dict({"projectId": str(project).upper()})
        assert group.project_id == project
        assert group.to_dict() == {"projectId": str(project).upper()}
