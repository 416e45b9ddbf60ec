"""What ``maia_scim.apply`` has to offer, each imported on first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from maia_scim import apply


@pytest.mark.parametrize("name", apply.__all__)
def test_each_name_is_there(name: str) -> None:
    found = getattr(apply, name)
    assert found.__module__.startswith("maia_scim.apply.")
    assert found.__doc__


def test_a_name_that_is_none_is_told() -> None:
    assert dir(apply) == apply.__all__
    with pytest.raises(AttributeError, match="has no attribute 'offbord'"):
        getattr(apply, "offbord")  # noqa: B009 - of type checkers it would be an error


def test_modules_of_the_same_words_are_not_in_the_way() -> None:
    code = (
        "import sys; from maia_scim import apply; before = {*sys.modules};"
        "import maia_scim.apply.export, maia_scim.apply.whom, maia_scim.apply.where;"
        "assert 'maia_scim.apply.export' not in before;"
        "assert callable(apply.export_users) and apply.Whom() and apply.Where.__name__ == 'Where'"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
