"""The answer that is kept beside a model, and the outline that tells whether a body speaks of all that it held."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maia_public_api import kept as kept_module
from maia_public_api.kept import keep, kept, speaks_of
from maia_public_api.models import Name, ScimGroup, ScimUser

from maia_scim.diff import unspoken
from tests.models.dice import many
from tests.models.holds import untyped
from tests.models.schemas import ANY, Bodies, load

if TYPE_CHECKING:
    from collections.abc import Callable

URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BODY: dict[str, Any] = {
    "id": "u-1",
    "userName": "ada@example.com",
    "name": {"familyName": "Byron", "urn:example:n": {"a": {"b": 1}}},
    "emails": [{"value": "ada@example.com"}],
    URN: {"costCenter": "4130", "manager": {"value": "u-7", "displayName": "Bob"}},
    "urn:example:flat": 1,
}


def read(body: dict[str, Any], model: type[Any] = ScimUser) -> Any:
    """A model with the answer that it came in."""
    text = json.dumps(body)
    resource = model.from_dict(json.loads(text))
    keep(resource, "https://example.com", text.encode(), None)
    return resource


def silent(resource: Any, body: dict[str, Any] | None = None) -> bool:
    """Whether the guard has nothing to look at; if so, there must be nothing to find."""
    answer = kept(resource)
    assert answer
    body = resource.to_dict() if body is None else body
    nothing = speaks_of(body, answer.outline)
    if nothing:
        assert not unspoken(json.loads(answer.content), body)
    return nothing


def _replace_name(user: ScimUser) -> None:
    user.name = Name(family_name="Byron")


def _delete_in_name(user: ScimUser) -> None:
    assert user.name
    del user.name["urn:example:n"]["a"]["b"]


def _take_over_extension(user: ScimUser) -> None:
    user[URN] = {"costCenter": "4130", "manager": {"value": "u-8"}}


LOSSES: dict[str, tuple[Callable[[ScimUser], object], str]] = {
    "an extension": (lambda user: user.additional_properties.pop(URN), f"{URN}:costCenter"),
    "an attribute of an extension": (lambda user: user[URN].pop("costCenter"), f"{URN}:costCenter"),
    "deep in an extension": (lambda user: user[URN]["manager"].pop("displayName"), f"{URN}:manager.displayName"),
    "an extension set anew": (_take_over_extension, f"{URN}:manager.displayName"),
    "a plain extension": (lambda user: user.additional_properties.pop("urn:example:flat"), "urn:example:flat"),
    "an object set anew": (_replace_name, "name.urn:example:n.a.b"),
    "an extension within an object": (_delete_in_name, "name.urn:example:n.a.b"),
}


class TestOutline:
    def test_a_whole_body_speaks_of_all(self):
        user = read(BODY)
        assert silent(user)
        user.title, user.user_name, user.emails = "Countess", None, []
        user[URN]["division"] = "Engines"
        assert silent(user)

    @pytest.mark.parametrize("loss", LOSSES)
    def test_what_is_left_out_is_seen(self, loss: str):
        lose, path = LOSSES[loss]
        user = read(BODY)
        lose(user)
        assert not silent(user)
        assert path in unspoken(BODY, user.to_dict())

    @pytest.mark.parametrize("copied", [copy.copy, attrs.evolve, lambda user: pickle.loads(pickle.dumps(user))])
    @pytest.mark.parametrize("loss", LOSSES)
    def test_in_copies_too(self, loss: str, copied: Callable[[Any], ScimUser]):
        user = copied(read(BODY))
        assert silent(user)
        LOSSES[loss][0](user)
        assert not silent(user)

    @pytest.mark.parametrize("depth", [1, 7, 8, 9, 10, 12, 40])
    def test_at_any_depth(self, depth: int):
        body: dict[str, Any] = {"urn:example:deep": {}}
        inner = body["urn:example:deep"]
        for _ in range(depth):
            inner["a"] = inner = {}
        inner["x"] = 1
        user = read(body)
        at = user["urn:example:deep"]
        for _ in range(depth):
            at = at["a"]
        del at["x"]
        assert not silent(user)

    def test_other_spellings_are_left_to_the_comparison(self):
        body = {"USERNAME": "ada", "Name": {"FAMILYNAME": "Byron", "GivenName": "Ada"}, "urn:example:x": {"A": 1}}
        user = read(body)
        assert not silent(user)  # it has all, which the comparison finds out
        assert not unspoken(body, user.to_dict())
        user.name = Name(family_name="Byron")
        assert unspoken(body, user.to_dict()) == ("Name.GivenName",)
        assert not silent(user)

    def test_an_object_that_is_cleared_or_simple_is_left_to_the_comparison(self):
        for body in ({**BODY, "name": None}, {**BODY, URN: None}, {**BODY, URN: "x"}, {**BODY, "name": ["x"]}):
            assert not silent(read(BODY), body)

    def test_an_object_in_place_of_an_array_or_a_text(self):
        body = {"addresses": {"country": "IT"}, "title": {"a": 1}}
        user = read(body)
        assert silent(user)
        for name in body:
            assert not silent(user, {**body, name: {}})

    def test_a_group(self):
        body = {"id": "g-1", "displayName": "Ops", "members": [{"value": "u-1"}], "urn:example:x": {"a": 1}}
        group = read(body, ScimGroup)
        assert silent(group)
        del group["urn:example:x"]["a"]
        assert not silent(group)

    def test_what_is_no_object_speaks_of_nothing(self):
        for came in ("x", None, [1]):
            user = ScimUser.from_dict(untyped(came))
            keep(user, "https://example.com", b"1", None)
            answer = kept(user)
            assert answer
            assert speaks_of({}, answer.outline)


class TestBounds:
    @pytest.fixture(autouse=True)
    def afresh(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept_module, "_outlines", {})

    def test_users_with_the_same_names_share_one(self):
        one, other = kept(read(BODY)), kept(read({**BODY, "id": "u-2"}))
        assert one
        assert other
        assert one.outline is other.outline

    def test_no_more_than_users_of_a_directory_have_are_shared(self):
        for number in range(400):
            user = read({"id": "u-1", "urn:example:x": {f"a{number}": 1}})
            assert silent(user)
            del user["urn:example:x"][f"a{number}"]
            assert not silent(user)
        assert len(kept_module._outlines) == kept_module._OUTLINES

    @pytest.mark.parametrize(
        "extension",
        [{"x" * 20_000: 1}, {chr(0x4E00 + each): {} for each in range(2000)}, {"a": {"b": {"c" * 20_000: 1}}}],
        ids=["long", "many", "deep"],
    )
    def test_one_that_takes_much_memory_is_not_shared(self, extension: dict[str, Any]):
        assert silent(read({"urn:example:x": extension}))
        assert not kept_module._outlines


# Few names, so that they meet in several spellings and at several depths.
_NAMES = st.sampled_from(["a", "A", "b", "ref", "$ref", "urn:x", "value"])
_DEEP = st.recursive(ANY, lambda inner: st.dictionaries(_NAMES, inner, min_size=1, max_size=3), max_leaves=12)
_EXTENSIONS = st.dictionaries(_NAMES, _DEEP, max_size=3)
_BODIES = Bodies(load()).of("ScimUser")


@many
@given(body=_BODIES, extensions=_EXTENSIONS, inner=_EXTENSIONS, name=st.none() | _BODIES, data=st.data())
def test_the_outline_is_silent_only_where_the_comparison_finds_nothing(
    body: dict[str, Any], extensions: dict[str, Any], inner: dict[str, Any], name: Any, data: st.DataObject
):
    body = {**body, **extensions}
    if isinstance(body.get("name"), dict):
        body["name"] = {**body["name"], **inner}
    user = read(body)
    silent(user)
    for _ in range(data.draw(st.integers(0, 3))):
        holders = [user.additional_properties, *([user.name.additional_properties] if user.name else [])]
        for holder in holders:
            _edit(holder, data)
        silent(user)
    if data.draw(st.booleans()):
        user.name = None if name is None else ScimUser.from_dict(name).name
    silent(user)
    sent = user.to_dict()
    _edit(sent, data)
    silent(user, sent)


def _edit(holder: dict[str, Any], data: st.DataObject) -> None:
    """Delete, replace or rename something in an object, at any depth."""
    objects: list[dict[str, Any]] = []
    todo: list[Any] = [holder]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            objects += [each] if each else []
            todo += each.values()
        elif isinstance(each, list):
            todo += each
    if not objects:
        return
    chosen = data.draw(st.sampled_from(objects))
    key = data.draw(st.sampled_from(sorted(chosen)))
    how = data.draw(st.sampled_from(["delete", "clear", "empty", "rename", "set"]))
    value = chosen.pop(key)
    if how == "rename":
        chosen[key.swapcase()] = value
    elif how != "delete":
        chosen[key] = {"clear": None, "empty": {}}.get(how, 1)
