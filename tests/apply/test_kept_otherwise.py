"""What a service makes otherwise, or not at all, is told and not proposed again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maia_scim import apply
from maia_scim.apply.judging import Rules, judged
from maia_scim.diff import Change, Difference
from maia_scim.sandbox import Sandbox, personalities
from maia_scim.sandbox.plain import PlainDirectory
from tests.apply.conftest import ENTERPRISE, client_of, writes
from tests.apply.runs import Write, client, ids, states
from tests.support.directory import serve
from tests.support.scripted import Answer, Received


class Lossy(PlainDirectory):
    """A service that drops extensions, and keeps names in lower case and phone numbers without blanks."""

    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        content = super().accept(kind, {name: value for name, value in body.items() if ":" not in name})
        for name in ("userName", "nickName"):
            if name in content:
                content[name] = content[name].lower()
        for number in content.get("phoneNumbers", ()):
            number["value"] = number["value"].replace(" ", "")
        return content


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(personalities._CLASSES, "hostile", ("plain", "Lossy"))
    monkeypatch.setattr("maia_scim.sandbox.plain.Lossy", Lossy, raising=False)
    with Sandbox(rate=None, personality="hostile") as sandbox:
        yield sandbox


def odd_rows(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        {
            "id": id,
            "userName": f"User-{number}@Example.com",
            "nickName": f"Nick {number}",
            f"{ENTERPRISE}:department": f"Dept {number}",
            "phoneNumbers[work]": f"+49 89 {number}",
            "title": "T",
        }
        for number, id in enumerate(ids(sandbox, 6))
    ]


@pytest.mark.parametrize("exact_case", [False, True])
def test_what_the_service_makes_otherwise_is_told_and_not_proposed_again(
    lossy: Sandbox, write: Write, exact_case: bool
) -> None:
    file = write(odd_rows(lossy))
    with client_of(lossy) as maia:
        with apply.plan(maia, file, exact_case=exact_case) as plan:
            assert plan.summary.change == 6
            summary = plan.apply()
            assert (summary.done, summary.adjusted) == (6, 6)
            entry = next(plan.entries())
            assert entry.result is not None
            found = {each.path: (each.sent, each.answered, each.ignored) for each in entry.result.differences}
            assert found["userName"] == ("User-0@Example.com", "user-0@example.com", False)
            assert found[f"{ENTERPRISE}:department"] == ("Dept 0", None, True)
            assert found["phoneNumbers"][1][0]["value"] == "+49890"
        lossy.forget_requests()
        with apply.plan(maia, file, exact_case=exact_case) as plan:
            assert plan.summary.change == 0
            assert plan.summary.unchanged == plan.summary.kept == 6
            kept = {each.path for each in next(plan.entries()).kept}
            assert {f"{ENTERPRISE}:department", "phoneNumbers"} <= kept
            assert ("userName" in kept) is exact_case
            assert plan.apply().done == 0
        assert writes(lossy) == []


def test_what_is_known_to_be_kept_otherwise_is_proposed_again_when_either_side_moves(
    lossy: Sandbox, write: Write
) -> None:
    rows = odd_rows(lossy)[:2]
    with client_of(lossy) as maia:
        with apply.plan(maia, write(rows)) as plan:
            plan.apply()
        rows[0][f"{ENTERPRISE}:department"] = "Another"  # the file wants another value
        with apply.plan(maia, write(rows)) as plan:
            assert states(plan) == {rows[0]["id"]: "change", rows[1]["id"]: "unchanged"}
            assert [change.path for change in next(plan.entries()).changes] == [f"{ENTERPRISE}:department"]
        with maia.users.edit(rows[1]["id"]) as user:  # the service holds another value
            user.phone_numbers[0].value = "+1"
        with apply.plan(maia, write(rows)) as plan:
            assert [change.path for change in [*plan.entries()][1].changes] == ["phoneNumbers"]


def test_a_change_that_is_known_to_be_dropped_does_not_go_along_with_others(lossy: Sandbox, write: Write) -> None:
    rows = odd_rows(lossy)[:1]
    with client_of(lossy) as maia:
        with apply.plan(maia, write(rows)) as plan:
            plan.apply()
        rows[0]["title"] = "Another"
        lossy.forget_requests()
        with apply.plan(maia, write(rows)) as plan:
            assert [change.path for change in next(plan.entries()).changes] == ["title"]
            plan.apply()
    body = lossy.requests.assert_put(rows[0]["id"]).once().json
    assert ENTERPRISE not in body
    assert body["phoneNumbers"][0]["value"] == "+49890"


@pytest.mark.parametrize("personality", ["default", "strict", "scimple", "hostile"])
def test_two_runs_come_to_rest_on_every_kind_of_service(personality: Any, write: Write) -> None:
    with Sandbox(rate=None, personality=personality) as sandbox, client_of(sandbox) as maia:
        rows = odd_rows(sandbox)
        for row in rows:
            del row["phoneNumbers[work]"]  # hostile lies of types
            row["active"] = "true"
        file = write(rows)
        for expected in (6, 0):
            with apply.plan(maia, file) as plan:
                assert plan.summary.change == expected, [*plan.entries()]
                assert plan.apply().done == expected, [entry.result for entry in plan.failed()]


def test_an_undo_knows_what_the_service_made_of_a_value(lossy: Sandbox, write: Write) -> None:
    before = lossy.users
    file = write(odd_rows(lossy))
    with client_of(lossy) as maia:
        with apply.plan(maia, file) as plan:
            plan.apply()
        with apply.undo(maia, file.with_name("people.csv.journal")) as plan:
            assert {entry.state for entry in plan.entries()} == {"change"}
            plan.apply()
    assert [user["userName"] for user in lossy.users.values()] == [user["userName"] for user in before.values()]


class Untyped(PlainDirectory):
    """A service without versions that drops the type of addresses."""

    versioned = False

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        content = super().accept(kind, body)
        for item in content.get("emails", ()):
            item.pop("type", None)
        return content


class Learning(PlainDirectory):
    """A service that ignores titles until it is told not to."""

    deaf = True

    def accept(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        left_out = ("title",) if Learning.deaf else ()
        return super().accept(kind, {name: value for name, value in body.items() if name not in left_out})


@pytest.fixture
def special(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[type[PlainDirectory]], Sandbox]]:
    """A sandbox of a directory that a test made."""
    opened: list[Sandbox] = []

    def made(kind: type[PlainDirectory]) -> Sandbox:
        monkeypatch.setitem(personalities._CLASSES, "hostile", ("plain", kind.__name__))
        monkeypatch.setattr(f"maia_scim.sandbox.plain.{kind.__name__}", kind, raising=False)
        sandbox = Sandbox(rate=None, personality="hostile")
        opened.append(sandbox.__enter__())
        return opened[-1]

    yield made
    for sandbox in opened:
        sandbox.__exit__(None, None, None)


def test_a_service_that_drops_types_gets_each_address_once(
    special: Callable[[type[PlainDirectory]], Sandbox], write: Write
) -> None:
    sandbox = special(Untyped)
    id = ids(sandbox, 1)[0]
    rows = [{"id": id, "emails[other]": "new@x.example"}]
    with client_of(sandbox) as maia:
        for expected in (1, 0, 0):
            with apply.plan(maia, write(rows)) as plan:
                assert plan.summary.change == expected
                plan.apply()
        assert [item["value"] for item in sandbox.users[id]["emails"]].count("new@x.example") == 1
        rows[0]["emails[other]"] = "newer@x.example"
        with apply.plan(maia, write(rows)) as plan:
            assert plan.summary.change == 1


@pytest.mark.parametrize(
    ("after", "known"),
    [
        ([{"value": "a"}, {"value": "b"}, {"value": "b", "type": "work"}], True),
        ([{"value": "a"}, {"value": "b"}, {"value": "c", "type": "work"}], False),  # another is added
        ([{"value": "b"}, {"value": "b", "type": "work"}], False),  # one is taken away that was sent
        ([{"value": "a"}], True),  # one is taken away that was not sent: the service has it all the same
    ],
)
def test_items_are_known_if_the_service_was_sent_them_so(after: list[Any], known: bool) -> None:
    held = {"id": "1", "active": True, "emails": [{"value": "a"}, {"value": "b"}]}
    sent = [{"value": "a"}, {"value": "b", "type": "work"}]
    change = Change("emails", held["emails"], after)
    values = judged(held, None, (change,), Rules(), {"emails": Difference("emails", sent, held["emails"])})
    assert values["state"] == ("unchanged" if known else "change")


def test_what_the_service_has_learned_to_take_is_proposed_again(
    special: Callable[[type[PlainDirectory]], Sandbox], write: Write
) -> None:
    sandbox = special(Learning)
    id = ids(sandbox, 1)[0]
    with client_of(sandbox) as maia:
        for title, deaf, expected in (("A", True, 1), ("A", True, 0), ("B", False, 1)):
            Learning.deaf = deaf
            with apply.plan(maia, write([{"id": id, "title": title}])) as plan:
                assert plan.summary.change == expected
                plan.apply()
        with maia.users.edit(id) as user:
            user.title = None
        with apply.plan(maia, write([{"id": id, "title": "A"}])) as plan:
            assert plan.summary.change == 1


def test_what_is_known_of_a_user_does_not_hang_on_the_case_of_its_id(write: Write) -> None:
    service, directory = serve({"Users/ab": {"userName": "b", "active": True}}, versions=False)
    answer = directory.answer

    def forgetful(request: Received) -> Answer:
        found = answer(Received(request.method, request.path.replace("AB", "ab"), request.headers, request.body))
        directory.resources["Users/ab"].pop("title", None)
        return Answer(found.status, found.body.replace(b'"title": "x", ', b""), found.headers)

    service.answer = forgetful
    with service, client(service) as maia:
        for id, expected in (("AB", 1), ("AB", 0), ("ab", 0)):
            with apply.plan(maia, write([{"id": id, "title": "x"}])) as plan:
                assert plan.summary.change == expected, id
                plan.apply()
