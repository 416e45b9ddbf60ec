"""Off-boarding: accounts are switched off and taken out of groups; what is found, what is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from maia_scim import MaiaScim, RetryPolicy, apply
from maia_scim.apply import ApplyError, GuardRail, InvalidFile, Plan
from maia_scim.apply.offboarding import offboard
from maia_scim.apply.whom import Whom
from maia_scim.errors import AuthenticationError, NotFound, ServerError
from maia_scim.index import Index, NameNotFound, add_groups, add_users
from maia_scim.sandbox import faults
from tests.apply.small import Broken, Odd, fill, group, members, moved, put, sent, states, user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from maia_scim.sandbox import Sandbox


@pytest.fixture
def held(sandbox: Sandbox) -> Sandbox:
    """Users a to d, and groups g (a, b), h (a, c) and k (d)."""
    fill(sandbox, "abcd", [group("g", *"ab"), group("h", *"ac"), group("k", "d")])
    return sandbox


@pytest.fixture
def index(held: Sandbox, maia: MaiaScim, tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "seen.sqlite", maia) as index:
        add_groups(index, maia, "ghk")
        add_users(index, maia, "abcd")
        held.forget_requests()
        yield index


def leave(maia: MaiaScim, tmp_path: Path, *ids: str, **options: Any) -> Plan:
    whom = Whom(ids=ids, index=options.get("index"))
    return offboard(maia, whom, **{"journal": tmp_path / "leavers.journal", **options})


def test_the_groups_are_those_that_the_user_says_to_be_in(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with leave(maia, tmp_path, "a") as plan:
        assert states(plan) == [("a", "change"), ("g", "change"), ("h", "change")]
        assert [moved(each) for each in plan.entries() if each.kind == "group"] == [(["a"], [])] * 2
        summary = plan.summary
        assert (summary.users, summary.deactivations, summary.groups, summary.removals) == (1, 1, 2, 2)
        assert (summary.members, summary.additions, plan.groups) == (4, 0, 2)
        assert plan.about.kind == "offboard"
        plan.check(max_changes=3, max_deactivations=1, max_removals="50%")
        with pytest.raises(GuardRail):
            plan.check(max_changes=2)
        with pytest.raises(GuardRail):
            plan.check(max_deactivations=0)
        with pytest.raises(GuardRail):
            plan.check(max_removals=1)
        assert plan.apply().done == 3
    assert held.users["a"]["active"] is False
    assert (members(held, "g"), members(held, "h"), members(held, "k")) == (["b"], ["c"], ["d"])
    assert sent(held) == ["PUT a", "PATCH g", "PATCH h"], "first the account"


def test_done_again_it_finds_nothing(maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path) -> None:
    for expected in (3, 0):
        with leave(maia, tmp_path, "a", groups=["g", "h"], index=index) as plan:
            assert plan.apply().done == expected
            assert plan.left == 0
    assert len(sent(held)) == 3


def test_what_was_left_is_found_again(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(faults.Status(400), on="groups.patch", times=1)
    with leave(maia, tmp_path, "a") as plan:
        assert plan.apply().refused == 1
    with leave(maia, tmp_path, "a") as plan:
        assert states(plan) == [("a", "unchanged"), ("g", "change")]
        plan.apply()
    assert (members(held, "g"), members(held, "h")) == (["b"], ["c"])


def test_a_service_that_does_not_say_the_groups_of_a_user(tmp_path: Path) -> None:
    with Odd("ab", group("g", *"ab"), group("h", *"ab"), group("k", "a")) as odd:
        with leave(odd.client(), tmp_path, "a") as plan:
            assert states(plan) == [("a", "change")]
        with leave(odd.client(), tmp_path, "a", groups=["g"]) as plan:
            assert states(plan) == [("a", "change"), ("g", "change")]
        with Index.open(tmp_path / "seen", odd.client()) as index:
            add_groups(index, odd.client(), ["h"])
            with leave(odd.client(), tmp_path, "a", groups=["g"], index=index) as plan:
                assert states(plan) == [("a", "change"), ("g", "change"), ("h", "change")]
                plan.apply()
        assert (odd.members("g"), odd.members("h"), odd.members("k")) == (["b"], ["b"], ["a"])


@pytest.mark.parametrize(
    "said",
    [
        {"groups": [{"value": "g"}, {"value": "h", "type": "indirect"}, {"value": ""}, {"value": 7}, None, {}]},
        {"Groups": [{"Value": "g"}, {"VALUE": "h"}]},
    ],
)
def test_the_groups_of_a_user_are_found_however_they_are_written(tmp_path: Path, said: dict[str, Any]) -> None:
    with Odd("ab", group("g", *"ab"), group("h", "b")) as odd:
        odd.directory.resources["Users/a"] |= said
        with leave(odd.client(), tmp_path, "a") as plan:
            assert states(plan) == [("a", "change"), ("g", "change"), ("h", "unchanged")]


def test_a_group_that_cannot_be_asked_for_is_told_of(tmp_path: Path) -> None:
    with Odd("ab", group("g", *"ab")) as odd:
        odd.directory.resources["Users/a"]["groups"] = [{"value": "../x"}, {"value": "g"}]
        with leave(odd.client(), tmp_path, "a") as plan:
            assert states(plan) == [("a", "change"), ("../x", "unread"), ("g", "change")]
            assert "is no id of a group" in (next(plan.entries("unread")).note or "")


def test_several_leave_a_group_together(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with leave(maia, tmp_path, "a", "b", "a") as plan:
        assert states(plan)[:2] == [("a", "change"), ("b", "change")]
        assert {each.id: moved(each)[0] for each in plan.entries() if each.kind == "group"} == {
            "g": ["a", "b"],
            "h": ["a"],
        }
        assert [each.id for each in plan.emptied()] == ["g"]
        with pytest.raises(GuardRail, match="it would leave Group g without members"):
            plan.check()
        plan.check(allow_empty=["Group g"])


def test_names_do_as_well_where_an_index_knows_them(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    with leave(maia, tmp_path, "A@x.example", groups=["group K"], index=index) as plan:
        assert states(plan) == [("a", "change"), ("k", "unchanged"), ("g", "change"), ("h", "change")]
        assert (plan.summary.named, next(plan.entries()).said) == (1, "A@x.example")
    with pytest.raises(NameNotFound):
        leave(maia, tmp_path, "nobody@x.example", index=index)
    with pytest.raises(ApplyError, match="is a name"):
        leave(maia, tmp_path, "a@x.example")
    with pytest.raises(ApplyError, match="nobody is named"):
        leave(maia, tmp_path)


def test_whoever_is_not_called_so_any_more_is_left_alone_in_groups_too(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    other = held.dump()
    other["users"][0] |= {"userName": "another@x.example", "emails": []}
    held.load(other)
    with leave(maia, tmp_path, "a@x.example", "b@x.example", groups=["g", "h"], index=index) as plan:
        assert states(plan) == [("a", "not_found"), ("b", "change"), ("g", "change"), ("h", "unchanged")]
        assert "is another@x.example now" in (next(plan.entries()).note or "")
        plan.apply()
    assert (members(held, "g"), members(held, "h")) == (["a"], ["a", "c"])
    assert held.users["a"]["active"] is True


def test_who_is_not_there_is_told(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    with leave(maia, tmp_path, "gone", "b") as plan:
        assert states(plan) == [("gone", "not_found"), ("b", "change"), ("g", "change")]


def test_who_cannot_be_read_is_left_alone_in_groups_too(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(Broken("a"), on="users.get", times=None)
    with leave(maia, tmp_path, "a", "b", groups=["g"]) as plan:
        assert states(plan) == [("a", "unread"), ("b", "change"), ("g", "change")]
        assert [moved(each)[0] for each in plan.entries() if each.kind == "group"] == [["b"]]


@pytest.mark.parametrize("name", ["a", "A", "a@x.example", "A@MAIL.example"])
@pytest.mark.parametrize("active", [True, False])
def test_who_is_protected_stays_in_the_groups_too(
    maia: MaiaScim, held: Sandbox, tmp_path: Path, name: str, active: bool
) -> None:
    fill(held, [user("a", active=active), "b"], [group("g", *"ab")])
    with leave(maia, tmp_path, "a", "b", protect=put(tmp_path / "protect", name)) as plan:
        assert [(each.id, each.state) for each in plan.entries()] == [
            ("a", "protected" if active else "unchanged"),
            ("b", "change"),
            ("g", "change"),
            ("g", "protected"),
        ]
        plan.apply()
    assert held.users["a"]["active"] is active
    assert members(held, "g") == ["a"]


def test_a_group_that_cannot_be_read_stops_no_other(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    held.inject(Broken("g"), on="groups.get", times=None)
    with leave(maia, tmp_path, "a", groups=["gone"]) as plan:
        assert states(plan) == [("a", "change"), ("gone", "not_found"), ("g", "unread"), ("h", "change")]
        plan.apply()
        assert [each.id for each in plan.failed()] == ["gone", "g"]
    assert (members(held, "g"), members(held, "h")) == (["a", "b"], ["c"])


def test_a_service_that_refuses_the_credentials_or_has_nothing_but_errors_ends_it(
    maia: MaiaScim, held: Sandbox, tmp_path: Path
) -> None:
    held.inject(faults.Status(401), on="groups.get", times=None)
    with pytest.raises(AuthenticationError):
        leave(maia, tmp_path, "a")
    held.clear_faults()
    held.inject(faults.Status(500), on="groups.get", times=None)
    with pytest.raises(ServerError):
        leave(maia, tmp_path, "a", groups=[f"g{number}" for number in range(30)])


def test_errors_now_and_then_do_not_end_it(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    names = [f"g{number:02}" for number in range(54)]
    fill(sandbox, "a", [group(each) for each in names])
    sandbox.inject(Broken(*names[::2]), on="groups.get", times=None)
    with leave(maia, tmp_path, "a", groups=names) as plan:
        assert (plan.summary.unread, plan.summary.unchanged) == (27, 27)


def test_groups_are_read_as_patiently_as_users(held: Sandbox, tmp_path: Path) -> None:
    """A single call is told at once that it would have to wait longer than its budget."""
    held.inject(faults.Status.too_many_requests(retry_after=1), on="groups.get", times=1)
    hasty = MaiaScim(**held.connection, rate_limit=None, retry=RetryPolicy(budget=0.1))
    with hasty, leave(hasty, tmp_path, "a") as plan:
        assert states(plan) == [("a", "change"), ("g", "change"), ("h", "change")]


def test_the_members_of_a_group_leave(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    whom = Whom(groups=["g"])
    with offboard(maia, whom, journal=tmp_path / "journal") as plan:
        assert states(plan) == [("a", "change"), ("b", "change"), ("g", "change"), ("h", "change")]
    with pytest.raises(NotFound, match="group gone: gone"):
        offboard(maia, Whom(groups=["gone"]))


def test_those_of_a_file_leave(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    whom = Whom(ids=put(tmp_path / "leavers", "a  # since June", "", "c"))
    with offboard(maia, whom, journal=tmp_path / "journal") as plan:
        plan.apply()
    assert (members(held, "g"), members(held, "h")) == (["b"], [])
    with pytest.raises(InvalidFile, match="names nobody"):
        offboard(maia, Whom(ids=put(tmp_path / "leavers", "# none")))


def test_ids_are_the_same_in_any_case_to_a_service_that_takes_them_so(tmp_path: Path) -> None:
    from tests.support.scripted import Answer, Received

    with Odd("ab", group("g", *"ab")) as odd:
        answer = odd.service.answer

        def lenient(request: Received) -> Answer:
            return answer(Received(request.method, request.path.replace("/A", "/a"), request.headers, request.body))

        odd.service.answer = lenient
        with leave(odd.client(), tmp_path, "A", groups=["g"]) as plan:
            plan.apply()
        assert odd.members("g") == ["b"]


def test_an_undo_brings_it_all_back(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    before = {id: members(held, id) for id in "ghk"}
    with leave(maia, tmp_path, "a", "d") as plan:
        plan.apply()
        assert members(held, "k") == []
    with apply.undo(maia, tmp_path / "leavers.journal") as plan:
        assert plan.summary.additions == 3
        assert plan.apply().done == 5
    assert {id: members(held, id) for id in "ghk"} == before
    assert all(each["active"] for each in held.users.values())
    with apply.undo(maia, tmp_path / "leavers.journal") as plan:
        plan.apply()
    assert {id: members(held, id) for id in "ghk"} == {"g": ["b"], "h": ["c"], "k": []}


def test_groups_that_are_members_stay(maia: MaiaScim, sandbox: Sandbox, tmp_path: Path) -> None:
    fill(sandbox, "ab", [group("g", "a", {"value": "h", "type": "Group"}), group("h", "b")])
    told: list[str] = []
    with offboard(maia, Whom(groups=["g"]), journal=tmp_path / "journal", tell=told.append) as plan:
        plan.apply()
    assert members(sandbox, "g") == ["h"]
    assert told == ["group Group g: 1 of its members is a group: only users who are members themselves are taken"]
