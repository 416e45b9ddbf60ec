"""Setting attributes of users without a file of values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from maia_scim import apply
from maia_scim.apply.changing import set_attributes, settings_of
from maia_scim.apply.where import Where
from maia_scim.apply.whom import Whom
from maia_scim.index import Index
from maia_scim.sandbox import faults
from tests.apply.conftest import ENTERPRISE
from tests.apply.small import fill, put, sent, states, user

if TYPE_CHECKING:
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.sandbox import Sandbox


def test_what_is_set_is_set_for_all(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    wanted = settings_of(["active=no", "title = Lead = Chief ", f"{ENTERPRISE}:department=Sales", "emails[work]="])
    with set_attributes(maia, wanted, Whom(ids=["a", "b"]), journal=tmp_path / "journal") as plan:
        assert states(plan) == [("a", "change"), ("b", "change")]
        assert (plan.summary.deactivations, plan.about.kind) == (2, "users set")
        plan.apply()
    for id in "ab":
        own = held.users[id]
        assert (own["active"], own["title"], own.get("emails", [])) == (False, "Lead = Chief", [])
        assert own[ENTERPRISE] == {"department": "Sales"}
    with set_attributes(maia, wanted, Whom(ids=["a", "b"]), journal=tmp_path / "journal") as plan:
        assert plan.summary.unchanged == 2
    with apply.undo(maia, tmp_path / "journal") as plan:
        plan.apply()
    assert held.users["a"]["active"] is True
    assert [each["value"] for each in held.users["a"]["emails"]] == ["a@x.example"]


def test_whom_a_filter_means_is_told_by_what_the_service_holds_now(
    maia: MaiaScim, held: Sandbox, index: Index, tmp_path: Path
) -> None:
    other = held.dump()
    other["users"][0] |= {"userName": "moved@z.example"}
    other["users"][1] |= {"active": False}
    held.load(other)
    where = Where('active eq true and userName ew "@x.example"')
    with set_attributes(
        maia, settings_of(["title=x"]), Whom(everyone=True, index=index), where=where, journal=tmp_path / "journal"
    ) as plan:
        assert sorted(states(plan)) == [("c", "change"), ("d", "change")]
        plan.apply()
    assert sorted(sent(held)) == ["PUT c", "PUT d"]


@pytest.mark.parametrize(("exact", "change"), [(False, 0), (True, 1)])
def test_case_counts_if_that_is_wanted(maia: MaiaScim, held: Sandbox, tmp_path: Path, exact: bool, change: int) -> None:
    fill(held, [user("a", title="lead")])
    whom = Whom(ids=["a"])
    with set_attributes(
        maia, settings_of(["title=LEAD"]), whom, exact_case=exact, journal=tmp_path / "journal"
    ) as plan:
        assert (plan.summary.change, plan.summary.case_only) == (change, 1 - change)


def test_who_is_protected_is_not_deactivated(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    protect = put(tmp_path / "protect", "a@x.example")
    with set_attributes(maia, settings_of(["active=0"]), Whom(ids=["a", "b"]), protect=protect) as plan:
        assert states(plan) == [("a", "protected"), ("b", "change")]


def test_what_the_service_ignores_is_not_proposed_again(maia: MaiaScim, held: Sandbox, tmp_path: Path) -> None:
    wanted = settings_of(["title=x"])
    held.inject(replace(faults.Body.json(held.users["a"]), done=False), on="users.replace", times=1)
    for change in (1, 0):
        with set_attributes(maia, wanted, Whom(ids=["a"]), journal=tmp_path / "journal") as plan:
            assert (plan.summary.change, plan.summary.kept) == (change, 1 - change)
            plan.apply()


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([], "nothing is to be set"),
        (["active"], "'active': write the attribute, =, and its value, as in active=false"),
        (["id=7"], "'id': it says who a user is, and cannot be set"),
        (["active=perhaps"], "'active': needs true or false"),
        (["departement=x"], "'departement': "),
        (["=x"], "'': "),
        (["active="], "'active': "),
        (["userName="], "'userName': "),
        (["meta.location=x"], "'meta.location': "),
        (["password=x"], "'password': "),
        (["emails=x"], "'emails': "),
        (["title=x", "TITLE=y"], "sets what title sets, too"),
        (["name.givenName=x", "title=y", "name.givenname="], "sets what name.givenName sets, too"),
        (["title=a\u0000b"], "which no text has"),
        (["userName=a\u00a0b"], "which is not seen"),
    ],
)
def test_what_cannot_be_set_is_told(texts: list[str], told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at below
        settings_of(texts)
    assert told.lower() in str(caught.value).lower()


def test_settings_are_read() -> None:
    found = settings_of(["Active=TRUE", "emails[home].display= x ", "name.familyName="])
    assert [(each.target.path, each.value) for each in found] == [
        ("active", True),
        ('emails[type eq "home"].display', "x"),
        ("name.familyName", None),
    ]
