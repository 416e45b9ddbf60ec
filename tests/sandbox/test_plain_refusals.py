"""The default personality: what it refuses, and that nothing comes of that."""

import pytest

from tests.sandbox.asked import CORE, Directory


def test_every_fault_of_a_body_is_told(directory: Directory) -> None:
    body = {
        "active": "perhaps",
        "name": {"givenName": 3, "familyName": {}},
        "emails": "x",
        "roles": ["owner", {"value": ["a"], "primary": 1}],
        "externalId": 701984,
        "schemas": [CORE, 5],
        "title": True,
    }
    for method, path in (("PUT", "Users/u1"), ("POST", "Users")):
        refusal = directory.refusal(method, path, body)

        assert (refusal.status, refusal.detail) == (400, refusal.violations[0])
        assert refusal.violations == [
            "active: a boolean is needed, not text",
            "name.givenName: text is needed, not a number",
            "name.familyName: text is needed, not an object",
            "emails: an array is needed, not text",
            "roles[0]: an object is needed, not text",
            "roles[1].value: text is needed, not an array",
            "roles[1].primary: a boolean is needed, not a number",
            "externalId: text is needed, not a number",
            "schemas[1]: text is needed, not a number",
            "title: text is needed, not a boolean",
            "userName is required",
        ]


def test_every_fault_of_a_group_is_told(directory: Directory) -> None:
    body = {"userName": "x", "projectId": "p1", "members": [{"$ref": 1, "ref": [], "type": {}}, "u1", None], "role": []}

    assert directory.refusal("PUT", "Groups/g1", body).violations == [
        "projectId: a UUID is needed, not other text",
        "members[0].$ref: text is needed, not a number",
        "members[0].type: text is needed, not an object",
        "members[1]: an object is needed, not text",
        "members[2]: an object is needed, not null",
        "displayName is required",
    ]


@pytest.mark.parametrize("name", [None, "", [], {}])
def test_a_user_name_is_required(directory: Directory, name: object) -> None:
    assert any("userName" in each for each in directory.refusal("PUT", "Users/u1", {"userName": name}).violations)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON: Expecting value"),
        (b"{nope", "not JSON"),
        (b"[" * 100_000, "not JSON that can be read: it nests too deep"),
        (b"\xff\xfe\xfd", "not JSON: 'utf-8' codec can't decode"),
        (b'{"userName": "\xed\xa0\x80"}', "not JSON"),
        (b'{"userName": "a\\ud800"}', "not JSON: 'utf-8' codec can't encode"),
        (b'{"userName": "a\\uD800"}', "not JSON: 'utf-8' codec can't encode"),
        (b'{"userName": "a", "n": NaN}', "not JSON: NaN is no number"),
        (b'{"userName": "a", "n": -Infinity}', "not JSON: -Infinity is no number"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"userName": "a", "username": "b"}', "'userName' and 'username': these are one attribute"),
        (b'{"userName": "a", "title": "b", "title": "b"}', "'title' and 'title'"),
        (b'{"userName": "a", "name": {"x": 1, "X": 2}}', "'x' and 'X'"),
    ],
)
def test_what_is_no_json_object_is_refused(directory: Directory, body: bytes, said: str) -> None:
    for method, path in (("PUT", "Users/u1"), ("POST", "Users"), ("PATCH", "Users/u1")):
        refusal = directory.refusal(method, path, body)
        assert refusal.status == 400
        assert said in refusal.detail


def test_a_body_may_nest_a_hundred_levels(directory: Directory) -> None:
    def nested(levels: int) -> bytes:
        return b'{"userName": "a", "x": ' + b'{"a":' * (levels - 1) + b"1" + b"}" * levels

    assert "nests too deep" in directory.refusal("PUT", "Users/u1", nested(101)).detail
    assert (
        "nests too deep"
        in directory.refusal("PUT", "Users/u1", b'{"userName": [%s]}' % (b"[]," * 100 + nested(99))).detail
    )
    assert directory.put("Users/u1", nested(100)) == directory.get("Users/u1")
    assert Directory(directory.plain.dump()).plain.dump() == directory.plain.dump()
    wide = {"userName": "a", "x": [[]] * 200}
    assert directory.put("Users/u1", wide)["x"] == wide["x"]


def test_half_a_character_in_ascii_is_whole_with_the_other_half(directory: Directory) -> None:
    assert directory.put("Users/u1", b'{"userName": "\\ud83d\\ude00"}')["userName"] == "😀"


def test_user_names_are_taken_in_any_case(directory: Directory) -> None:
    patch = {"Operations": [{"op": "replace", "path": "userName", "value": "ULF"}]}
    for method, path, body in (
        ("PUT", "Users/u1", {"username": "uLF"}),
        ("PATCH", "Users/u1", patch),
        ("POST", "Users", {"userName": "ulf"}),
    ):
        refusal = directory.refusal(method, path, body)
        assert (refusal.status, "is taken" in refusal.detail) == (409, True)

    assert directory.put("Users/u1", {"userName": "UNA"})["userName"] == "UNA"
    directory.put("Users/u1", {"userName": "new"})
    directory.put("Users/ü/2", {"userName": "una"})  # it is free again
    assert directory.refusal("POST", "Users", {"userName": "NEW"}).status == 409
    assert directory.put("Groups/g1", {"displayName": "Writers", "userName": "new"})["displayName"] == "Writers"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["Users/nobody", "Users/g1", "Groups/u1", "Groups/a\r\nb"])
def test_an_unknown_id_is_a_404(directory: Directory, method: str, path: str) -> None:
    assert directory.refusal(method, path, b"no JSON", if_match='"9"').status == 404
