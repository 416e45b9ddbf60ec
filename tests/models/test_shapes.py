"""What models remember of what they were read from: names that all share, and what came otherwise."""

from __future__ import annotations

import copy
import datetime
import enum
import pickle
import threading
from typing import Any

import pytest
from maia_public_api import shapes
from maia_public_api.models import Email, GroupMember, Meta, ScimUser
from maia_public_api.shapes import Source
from maia_public_api.values import same

from tests.models.cases import json_text
from tests.models.holds import untyped

ODD: dict[str, Any] = {
    "userName": "ada@example.com",
    "ACTIVE": "True",
    "emails": ["ada@example.com", {"value": 7, "x": 1}],
    "meta": {"created": "2024-05-01T12:30:45.123456789Z"},
    "schemas": None,
    "urn:example:x": {"a": [1]},
}


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch):
    for model in (ScimUser, Email, Meta):
        monkeypatch.setattr(model, "_shapes", {})
        monkeypatch.setattr(model, "_shapes_apart", {})


class TestShapes:
    def test_users_with_the_same_names_share_them(self):
        one, other = (ScimUser.from_dict({"userName": name, "urn:example:x": name}) for name in ("ada", "bob"))
        assert one._source is other._source
        assert one != other

    @pytest.mark.parametrize("order", [["id", "title"], ["title", "id"]])
    def test_names_come_in_any_order(self, order: list[str]):
        body = dict.fromkeys(order, "x")
        assert list(ScimUser.from_dict(body).to_dict()) == order

    def test_as_many_are_kept_as_users_of_a_directory_have_and_no_more(self):
        bodies: list[dict[str, Any]] = [{"value": "x", f"urn:example:{number}": number} for number in range(600)]
        assert [Email.from_dict(body).to_dict() for body in bodies] == bodies
        assert len(Email._shapes_apart) == shapes._SHAPES
        assert [Email.from_dict(body).to_dict() for body in bodies] == bodies

    @pytest.mark.parametrize(
        "names", [["x" * 10_000], [chr(0x4E00 + each) for each in range(1000)]], ids=["long", "many"]
    )
    def test_names_that_take_much_memory_are_not_kept(self, names: list[str]):
        body = dict.fromkeys(names, 1)
        email = Email.from_dict(body)
        assert email.to_dict() == body
        assert not Email._shapes_apart

    def test_what_is_kept_is_text_and_nobody_s_object(self):
        class Name(enum.StrEnum):
            USER = "userName"
            OTHER = "urn:example:x"

        odd = ScimUser.from_dict({Name.USER: "ada", Name.OTHER: 1})
        assert odd.to_dict() == {"userName": "ada", "urn:example:x": 1}
        plain = ScimUser.from_dict({"userName": "ada", "urn:example:x": 1})
        assert {type(key) for key in plain.to_dict()} == {str}

    def test_threads_that_read_the_same_names_at_once(self):
        bodies: list[dict[str, Any]] = [{"value": "x", f"urn:example:{number}": number} for number in range(200)]
        wrong: list[Any] = []

        def read() -> None:
            wrong.extend(body for body in bodies if Email.from_dict(body).to_dict() != body)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


class TestWhatCame:
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_is_pickled(self, protocol: int):
        user = ScimUser.from_dict(ODD)
        again = pickle.loads(pickle.dumps(user, protocol))
        assert again == user
        assert json_text(again.to_dict()) == json_text(ODD)
        again.active = False
        assert again.to_dict()["ACTIVE"] is False
        assert json_text(user.to_dict()) == json_text(ODD)

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_is_copied(self, copied: Any):
        user = ScimUser.from_dict(ODD)
        again = copied(user)
        again.active, again.schemas = None, ["urn:a"]
        assert json_text(user.to_dict()) == json_text(ODD)
        assert json_text(again.to_dict()) == json_text({**ODD, "ACTIVE": None, "schemas": ["urn:a"]})

    def test_in_place_of_an_object_is_nobody_else_s(self):
        came: list[Any] = [["a", {"b": 1}]]
        user = ScimUser.from_dict({"emails": came, "roles": [{"value": {"c": [1]}}]})
        came[0][1]["b"] = 2
        written = user.to_dict()
        assert written == {"emails": [["a", {"b": 1}]], "roles": [{"value": {"c": [1]}}]}
        written["emails"][0].append(3)
        written["roles"][0]["value"]["c"].append(3)
        assert user.to_dict() == {"emails": [["a", {"b": 1}]], "roles": [{"value": {"c": [1]}}]}

    def test_in_place_of_an_attribute_is_nobody_else_s(self):
        came: dict[str, Any] = {"title": {"a": [1]}, "schemas": ["urn:a", {"b": 1}], "meta": {"created": [2024, 5, 1]}}
        text = json_text(came)
        user = ScimUser.from_dict(came)
        came["title"]["a"].append(2)
        came["schemas"][1]["b"] = 2
        came["meta"]["created"].append(2)
        written = user.to_dict()
        assert json_text(written) == text
        written["title"]["a"].append(2)
        written["schemas"][1]["b"] = 2
        written["meta"]["created"].append(2)
        assert json_text(user.to_dict()) == text

    def test_one_object_in_place_of_an_array_may_nest_deeper_than_python_calls(self):
        deep: Any = 1
        for _ in range(5000):
            deep = {"a": deep}
        body = {"roles": {"value": "x", "urn:example:deep": deep}}
        user = ScimUser.from_dict(body)
        assert same(user.to_dict(), body)
        user.roles[0].value = "y"
        assert same(user.to_dict(), {"roles": [{"value": "y", "urn:example:deep": deep}]})

    def test_is_not_remembered_where_it_is_the_attribute_itself(self):
        user = ScimUser.from_dict({"title": "x", "active": True, "emails": [{"value": "a"}], "schemas": ["urn:a"]})
        assert not isinstance(user._source, Source)
        assert not isinstance(user.emails[0]._source, Source)


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            "2024-05-01T12:30:45Z",
            "2024-05-01T12:30:45+00:00",
            "2024-05-01t12:30:45z",
            "2024-05-01T14:30:45.000000000+02:00",
            " 2024-05-01 12:30:45Z ",
        ],
    )
    def test_go_back_as_they_came_while_they_are_the_same_moment(self, text: str):
        meta = Meta.from_dict({"created": text})
        assert meta.to_dict() == {"created": text}
        moment = datetime.datetime(2024, 5, 1, 12, 30, 45, tzinfo=datetime.UTC)
        meta.created = moment
        assert meta.to_dict() == {"created": text}
        meta.created = moment + datetime.timedelta(microseconds=1)
        assert meta.to_dict() == {"created": "2024-05-01T12:30:45.000001Z"}
        meta.created = None
        assert meta.to_dict() == {"created": None}

    @pytest.mark.parametrize("came", ["lastModified", "created"])
    def test_a_date_that_is_the_name_of_another_attribute_is_none(self, came: str):
        meta = Meta.from_dict({"created": came})
        meta.last_modified = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
        assert meta.to_dict() == {"created": came, "lastModified": "2024-05-01T00:00:00Z"}
        both = Meta.from_dict({"created": came, "lastModified": "2024-05-01T02:00:00+02:00"})
        assert both.to_dict() == {"created": came, "lastModified": "2024-05-01T02:00:00+02:00"}


class TestSpellings:
    @pytest.mark.parametrize(
        "body",
        [
            {"$ref": "a"},
            {"ref": "a"},
            {"$REF": "a", "VALUE": "b"},
            {"ref": "a", "$ref": "b"},
            {"$ref": {"a": 1}, "ref": 7, "REF": None},
            {"Value": 1, "vAlue": 2, "VALUE": 3},
        ],
        ids=json_text,
    )
    def test_names_keep_theirs_also_after_a_change(self, body: dict[str, Any]):
        member = GroupMember.from_dict(body)
        assert json_text(member.to_dict()) == json_text(body)
        member.ref = "new"
        written = member.to_dict()
        key = next((key for key in ("ref", "$ref", "$REF") if key in body), "ref")
        assert json_text(written) == json_text({**body, key: "new"})


class TestSubclasses:
    def test_with_slots_of_their_own_are_compared_and_shown_by_all_they_have(self):
        class Mine(ScimUser):
            __slots__ = ()

        assert Mine(user_name="ada") != Mine(user_name="bob")
        assert Mine(user_name="ada") == Mine(user_name="ada")
        assert Mine(user_name="ada") != ScimUser(user_name="ada")
        assert repr(Mine(user_name="ada")) == "Mine(user_name='ada')"
        with pytest.raises(TypeError):
            hash(untyped(Mine()))
