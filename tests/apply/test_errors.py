"""The errors of ``maia_scim.apply``: what they say, and that they pickle."""

import pickle

import pytest

from maia_scim import apply
from maia_scim.apply import ApplyError, Fault, GuardRail, InvalidFile, JournalError, PlanError
from maia_scim.apply.errors import Faults
from maia_scim.errors import MaiaError

FAULTS = [Fault(2, "active", "it is no boolean"), Fault(3, None, "there is no id"), Fault(None, None, "it is empty")]
ERRORS = [
    ApplyError("x"),
    GuardRail(["too many", "too few"]),
    InvalidFile("people.csv", FAULTS, 40),
    JournalError("j"),
    PlanError("p"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_it_is_an_error_of_the_package_and_pickles(error: ApplyError) -> None:
    assert isinstance(error, ApplyError | MaiaError)
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin), vars(twin), twin.outcome) == (type(error), str(error), vars(error), "not_sent")


def test_every_error_is_public() -> None:
    assert {type(error).__name__ for error in ERRORS} <= set(apply.__all__)


def test_faults_are_told_with_line_and_column() -> None:
    assert str(InvalidFile("people.csv", FAULTS, 40)) == (
        "people.csv: 40 faults; nothing was sent\n"
        "  line 2, column active: it is no boolean\n"
        "  line 3: there is no id\n"
        "  it is empty\n"
        "  and 37 more"
    )
    assert str(InvalidFile("x", FAULTS[:1])).startswith("x: 1 fault; nothing was sent")


def test_reasons_are_told() -> None:
    assert str(GuardRail(["too many", "too few"])) == "stopped before the first write: too many; too few"


def test_faults_are_counted_and_the_first_kept_in_the_order_of_lines() -> None:
    faults = Faults()
    faults.refuse("people.csv")  # nothing is wrong yet
    faults.add(*(Fault(line, None, "x") for line in range(900, 0, -1)))
    faults.add(*(Fault(line, None, "y") for line in range(901, 1102)))
    with pytest.raises(InvalidFile, match="1101 faults; nothing was sent") as told:
        faults.refuse("people.csv")
    assert [each.line for each in told.value.faults] == [*range(1, 1001)]
    assert told.value.total == 1101
