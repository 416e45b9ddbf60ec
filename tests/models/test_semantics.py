"""What a user of the models may rely on when reading, setting, clearing and adding."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import attrs
import pytest
from maia_public_api.models import (
    Email,
    Meta,
    Name,
    PatchOperation,
    PatchRequest,
    ProblemDetail,
    ScimGroup,
    ScimUser,
    UserGroup,
)

from tests.models.cases import json_text
from tests.models.holds import attributes, untyped

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class TestReading:
    @pytest.mark.parametrize("body", [{}, {"title": None, "name": None, "emails": None}, {"emails": []}])
    def test_absent_null_and_empty_are_one_state(self, body: dict[str, Any]):
        user = ScimUser.from_dict(body)
        assert (user.title, user.name, user.emails) == (None, None, [])
        assert user == ScimUser()

    def test_every_constructor_needs_nothing_and_takes_names_only(self):
        for model in (ScimUser, ScimGroup, Meta, Name, Email, UserGroup, PatchRequest, ProblemDetail):
            empty = model()
            assert empty.to_dict() == {}
            assert all(getattr(empty, name) in (None, []) for name in attributes(model))
            with pytest.raises(TypeError):
                untyped(model)("positional")

    def test_arrays_are_not_shared_between_instances(self):
        one, other = ScimUser(), ScimUser()
        one.emails.append(Email(value="ada@example.com"))
        one["urn:example:x"] = 1
        assert other == ScimUser()

    def test_a_misspelt_argument_or_attribute_is_refused(self):
        with pytest.raises(TypeError, match="user_nme"):
            untyped(ScimUser)(user_nme="ada")
        with pytest.raises(AttributeError):
            untyped(ScimUser()).user_nme = "ada"

    @pytest.mark.parametrize("depth", [10, 400, 800])
    def test_json_that_nests_as_deep_as_its_reader_goes(self, depth: int):
        deep = json.loads("[" * depth + "]" * depth)
        body = {"urn:example:deep": deep, "title": deep, "emails": [deep], "Operations": [{"value": deep}]}
        for model in (ScimUser, PatchRequest, UserGroup):
            written = model.from_dict(body).to_dict()
            assert json_text(written) == json_text(body)
            written["urn:example:deep"].append(1)
            assert written["urn:example:deep"] is not deep

    def test_any_mapping_is_read(self):
        class Row(dict[str, Any]):
            pass

        row = Row(userName="ada@example.com")
        assert ScimUser.from_dict(row).to_dict() == {"userName": "ada@example.com"}
        assert row == {"userName": "ada@example.com"}


class TestClearing:
    BODY: ClassVar[dict[str, Any]] = {
        "title": "Countess",
        "active": True,
        "name": {"familyName": "Byron", "givenName": "Ada"},
        "emails": [{"value": "ada@example.com"}],
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "meta": {"created": "2024-05-01T12:30:45Z"},
        "groups": [{"type": "DIRECT"}],
    }

    def test_what_was_there_goes_out_as_null_or_empty(self):
        user = ScimUser.from_dict(self.BODY)
        assert user.name
        assert user.meta
        user.title = user.active = user.name.given_name = user.meta.created = user.groups[0].type_ = None
        user.emails = []
        user.schemas.clear()
        assert user.to_dict() == {
            "title": None,
            "active": None,
            "name": {"familyName": "Byron", "givenName": None},
            "emails": [],
            "schemas": [],
            "meta": {"created": None},
            "groups": [{"type": None}],
        }

    def test_an_object_that_was_there_goes_out_as_null(self):
        user = ScimUser.from_dict(self.BODY)
        user.name = user.meta = None
        assert user.to_dict() == {**self.BODY, "name": None, "meta": None}

    def test_what_was_never_there_is_left_out(self):
        user = ScimUser.from_dict({"userName": "ada@example.com"})
        user.title = user.name = user.active = None
        user.emails = []
        assert user.to_dict() == {"userName": "ada@example.com"}

    def test_what_was_set_and_taken_back_is_left_out(self):
        user = ScimUser()
        user.title = "Countess"
        user.emails.append(Email())
        user.title = None
        user.emails.clear()
        assert user.to_dict() == {}

    def test_setting_back_what_came_writes_what_came(self):
        user = ScimUser.from_dict({"active": "True", "id": 7, "title": "x"})
        user.active, user.id, user.title = False, "8", None
        assert user.to_dict() == {"active": False, "id": "8", "title": None}
        user.active, user.id, user.title = True, "7", "x"
        assert json_text(user.to_dict()) == json_text({"active": "True", "id": 7, "title": "x"})

    @pytest.mark.parametrize("came", [1, 1.0, True, 0, False, [1], {"a": [1.0]}, "1", None], ids=json_text)
    @pytest.mark.parametrize("new", [1, 1.0, True, 0, False, [True], {"a": [1]}, "1"], ids=json_text)
    def test_a_change_of_type_alone_is_a_change(self, came: Any, new: Any):
        operation = PatchOperation.from_dict({"op": "replace", "value": came})
        operation.value = new
        assert json_text(operation.to_dict()) == json_text({"op": "replace", "value": new})

    def test_none_in_place_of_an_array_clears_it(self):
        user = ScimUser.from_dict(self.BODY)
        untyped(user).emails = None
        assert user.to_dict()["emails"] == []
        untyped(user).phone_numbers = None
        assert "phoneNumbers" not in user.to_dict()

    def test_what_could_not_be_read_stays_until_something_is_set(self):
        user = ScimUser.from_dict({"name": "Ada Byron", "meta": {"created": "never"}, "title": ["Countess"]})
        assert (user.name, user.title) == (None, None)
        assert user.to_dict() == {"name": "Ada Byron", "meta": {"created": "never"}, "title": ["Countess"]}
        user.name = Name(family_name="Byron")
        user.title = "Countess"
        assert user.to_dict()["name"] == {"familyName": "Byron"}
        assert user.to_dict()["title"] == "Countess"


class TestArrays:
    def test_odd_items_go_back_as_they_came_after_an_append(self):
        came: list[Any] = ["a@example.com", None, 7, {"VALUE": "b@example.com", "primary": "True"}, [1]]
        user = ScimUser.from_dict({"emails": came})
        user.emails.append(Email(value="c@example.com"))
        assert json_text(user.to_dict()["emails"]) == json_text([*came, {"value": "c@example.com"}])

    def test_an_odd_item_becomes_an_object_when_it_is_changed(self):
        user = ScimUser.from_dict({"emails": ["a@example.com", "b@example.com"]})
        user.emails[1].primary = True
        assert user.to_dict()["emails"] == ["a@example.com", {"value": "b@example.com", "primary": True}]

    def test_items_may_be_reordered_and_removed(self):
        user = ScimUser.from_dict({"emails": ["a@example.com", None, {"value": "c@example.com", "x": 1}]})
        user.emails.reverse()
        del user.emails[1]
        assert user.to_dict()["emails"] == [{"value": "c@example.com", "x": 1}, "a@example.com"]

    @pytest.mark.parametrize("came", [{"value": "a@example.com"}, "a@example.com"])
    def test_one_value_in_place_of_an_array_becomes_one_when_it_grows(self, came: Any):
        user = ScimUser.from_dict({"emails": came})
        assert user.to_dict()["emails"] == came
        user.emails.append(Email(value="b@example.com"))
        assert user.to_dict()["emails"] == [came, {"value": "b@example.com"}]
        user.emails.clear()
        assert user.to_dict()["emails"] == []

    def test_simple_values_go_back_as_they_came_after_an_append(self):
        came = [None, "urn:a", 7, {"urn": "b"}, True, "urn:c"]
        user = ScimUser.from_dict({"schemas": came})
        assert user.schemas == ["urn:a", "7", "true", "urn:c"]
        user.schemas.append("urn:d")
        assert json_text(user.to_dict()["schemas"]) == json_text([*came, "urn:d"])
        user.schemas.remove("7")
        assert json_text(user.to_dict()["schemas"]) == json_text([None, "urn:a", {"urn": "b"}, True, "urn:c", "urn:d"])
        user.schemas = ["urn:e"]
        assert user.to_dict()["schemas"] == ["urn:e"]

    def test_a_plain_array_is_replaced_as_a_whole(self):
        user = ScimUser.from_dict({"schemas": ["urn:a", "urn:b"]})
        user.schemas = ["urn:b", "urn:c"]
        assert user.to_dict()["schemas"] == ["urn:b", "urn:c"]

    @pytest.mark.parametrize(
        ("value", "named"),
        [
            ([{"value": "a@example.com"}], "emails holds a dict where a Email belongs"),
            ([Email(), "a@example.com"], "emails holds a str where a Email belongs"),
            ([None], "emails holds a NoneType where a Email belongs"),
            ("a@example.com", "emails holds a str where a list of Email belongs"),
            (Email(value="a@example.com"), "emails holds a Email where a list of Email belongs"),
            ({"value": "a@example.com"}, "emails holds a dict where a list of Email belongs"),
        ],
        ids=["dict", "str", "None", "text", "model", "object"],
    )
    def test_what_is_no_array_of_models_is_refused_by_name(self, value: Any, named: str):
        with pytest.raises(TypeError, match=named):
            ScimUser(emails=value).to_dict()

    def test_a_plain_dict_in_place_of_an_object_is_refused_by_name(self):
        with pytest.raises(TypeError, match="name holds a dict where a Name belongs"):
            ScimUser(name=untyped({"givenName": "Ada"})).to_dict()

    def test_what_json_has_no_form_for_is_refused_by_name(self):
        with pytest.raises(TypeError, match="schemas holds a set"):
            ScimUser(schemas=untyped({"urn:a"})).to_dict()
        with pytest.raises(TypeError, match="userName holds a bytes"):
            ScimUser(user_name=untyped(b"ada")).to_dict()

    def test_a_tuple_serves_as_an_array(self):
        user = ScimUser(emails=untyped((Email(value="a@example.com"),)), schemas=untyped(("urn:a",)))
        assert user.to_dict() == {"emails": [{"value": "a@example.com"}], "schemas": ["urn:a"]}


class TestExtensions:
    BODY: ClassVar[dict[str, Any]] = {
        "userName": "ada@example.com",
        ENTERPRISE: {"costCenter": "4130", "manager": {"value": "u-7"}},
    }

    def test_are_read_set_and_deleted_as_items(self):
        user = ScimUser.from_dict(self.BODY)
        assert ENTERPRISE in user
        assert user[ENTERPRISE]["manager"]["value"] == "u-7"
        user[ENTERPRISE]["costCenter"] = "4131"
        user["urn:example:x"] = [1]
        assert user.additional_keys == [ENTERPRISE, "urn:example:x"]
        assert user.to_dict()[ENTERPRISE] == {"costCenter": "4131", "manager": {"value": "u-7"}}
        assert self.BODY[ENTERPRISE]["costCenter"] == "4130"
        del user[ENTERPRISE]
        assert user.to_dict() == {"userName": "ada@example.com", "urn:example:x": [1]}
        assert ENTERPRISE not in user

    def test_absent_ones_are_a_key_error(self):
        user = ScimUser()
        with pytest.raises(KeyError):
            user[ENTERPRISE]
        with pytest.raises(KeyError):
            del user[ENTERPRISE]

    @pytest.mark.parametrize("name", ["userName", "meta", "x509Certificates"])
    def test_declared_names_are_no_items(self, name: str):
        user = ScimUser.from_dict({name: None})
        assert name not in user
        with pytest.raises(KeyError):
            user[name]
        with pytest.raises(KeyError, match=f"{name} is an attribute of ScimUser"):
            user[name] = "x"

    def test_nested_objects_have_them_too(self):
        user = ScimUser.from_dict({"name": {"prefix": "de"}, "emails": [{"verified": True}]})
        assert user.name
        assert user.name["prefix"] == "de"
        user.emails[0]["verified"] = False
        del user.name["prefix"]
        assert user.to_dict() == {"name": {}, "emails": [{"verified": False}]}

    def test_one_that_holds_itself_is_refused(self):
        user = ScimUser()
        itself: dict[str, Any] = {}
        itself["again"] = itself
        user["urn:example:x"] = itself
        with pytest.raises(ValueError, match="holds itself"):
            user.to_dict()

    def test_evolve_keeps_them_and_what_came(self):
        user = ScimUser.from_dict({**self.BODY, "active": "True", "title": "Countess"})
        evolved = attrs.evolve(user, title=None)
        assert evolved.to_dict() == {**self.BODY, "active": "True", "title": None}
        assert user.to_dict() == {**self.BODY, "active": "True", "title": "Countess"}
