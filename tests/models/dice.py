"""How many examples a property is tried with: the same in every run of CI, others on every run elsewhere."""

from __future__ import annotations

import os

from hypothesis import settings

_DICE = settings(derandomize="CI" in os.environ, database=None, deadline=None)
few, many = settings(_DICE, max_examples=40), settings(_DICE, max_examples=150)
