"""Type checkers on a user's own code: nothing against natural lines, and an error for every mistake."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.checkers import CHECKERS, check

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.parametrize("checker", CHECKERS)
def test_natural_lines_are_fine_and_every_mistake_is_found(checker, tmp_path):
    path = [ROOT, ROOT / "generated"]
    natural, mistakes = HERE / "typing_user.py", HERE / "typing_mistakes.txt"

    check(checker, tmp_path, natural, mistakes, python=Path(sys.executable), path=path)
