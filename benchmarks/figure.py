"""What a benchmark gives: figures, each beside what it is to be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        what: What was measured.
        against: What it was measured against.
        value: The figure; None where it could not be measured here, and ``details`` says why.
        unit: Its unit, ``×`` for a ratio.
        bound: What it is to be at most, or at least; None where nothing is asked.
        sense: Which of the two.
        details: Whatever else was seen on the way.
    """

    what: str
    against: str
    value: float | None
    unit: str = "×"  # noqa: RUF001 - a ratio is read as such
    bound: float | None = None
    sense: Literal["at most", "at least"] = "at most"
    details: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def met(self) -> bool | None:
        """Whether it is what it is to be; None where that cannot be told."""
        if self.value is None or self.bound is None:
            return None
        return self.value <= self.bound if self.sense == "at most" else self.value >= self.bound

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {**asdict(self), "met": self.met}
