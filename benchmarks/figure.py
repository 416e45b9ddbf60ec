"""What a benchmark gives: figures, each beside what it is to be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    def __str__(self) -> str:
        asked = "" if self.bound is None else f"{self.sense} {self.bound:g} {self.unit}"
        value = "not measured" if self.value is None else f"{self.value:.3g} {self.unit}"
        verdict = {True: "", False: "MISSED", None: ""}[self.met]
        return f"{self.what:<44} {self.against:<30} {value:>14}  {asked:<16} {verdict}".rstrip()


_LONGEST = 160  # characters of a line; all of it is in the JSON


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_short, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(each)}" for name, each in value.items())
    return str(value)


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print figures as they come, each with what else was seen."""
    shown: list[Figure] = []
    for figure in figures:
        print(figure, flush=True)
        for name, value in figure.details.items():
            if value is not None:
                print(f"    {name}: {_short(value)}"[:_LONGEST], flush=True)
        shown.append(figure)
    return shown
