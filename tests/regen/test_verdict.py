"""What a verdict asks of the version."""

from __future__ import annotations

import pytest

from scripts.regen.errors import RegenError
from scripts.regen.verdict import Bump, check_bump


@pytest.mark.parametrize(
    ("base", "version", "bump", "wanted"),
    [
        ("1.2.3", "1.2.3", "none", None),
        ("1.2.3", "1.2.3", "patch", "1.2.4"),
        ("1.2.3", "1.2.4", "patch", None),
        ("1.2.3", "1.2.4", "minor", "1.3.0"),
        ("1.2.3", "1.3.0", "minor", None),
        ("1.2.3", "2.0.0", "minor", None),
        ("1.2.3", "1.9.0", "major", "2.0.0"),
        ("1.9.0", "1.10.0", "minor", None),
        ("v1.2.3", "2.0.0rc1", "major", None),
        ("1.2.3", "1.3.0.dev1", "minor", None),
        ("0.2.3", "0.2.4", "major", "0.3.0"),
        ("0.2.3", "0.3.0", "major", None),
        ("0.2.3", "1.0.0", "major", None),
        ("0.2.3", "0.2.3", "minor", "0.2.4"),
        ("0.2.3", "0.2.4", "minor", None),
        ("0.2.3", "0.2.3", "patch", "0.2.4"),
        ("0.2.3", "0.2.4", "patch", None),
        ("2.0.0rc1", "2.0.0", "major", None),
        ("2.0.0rc1", "1.9.0", "major", "2.0.0"),
        ("1.2.3.post1", "1.2.3", "patch", "1.2.4"),
    ],
)
def test_version(base: str, version: str, bump: Bump, wanted: str | None) -> None:
    message = check_bump(base, version, bump)

    if wanted is None:
        assert message is None
    else:
        assert message is not None
        assert f"call for a {bump} bump" in message
        assert f"set it to {wanted} or higher" in message
        assert ("before 1.0" in message) == base.startswith("0.")


@pytest.mark.parametrize(("base", "version"), [("latest", "1.0.0"), ("1.0.0", "1.0"), ("1.0.0", "")])
def test_what_is_no_version(base: str, version: str) -> None:
    with pytest.raises(RegenError, match="is no version"):
        check_bump(base, version, "minor")
