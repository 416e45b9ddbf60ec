"""A small writer of log-log plots as SVG: readable in light and dark, on paper and on a phone, and by a screen reader.

A library for this draws texts as outlines, or weighs more than what it is to draw; four axes and some lines are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Pixels. Narrow, and panels one below the other, so that a phone shows it in nearly its own size.
WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 150, 34, 44
LABEL = 14  # between the baselines of two labels

# The colours of lines have a contrast of at least 4.5 to the ground, since labels have them, too.
STYLE = """
:root { --ground: #ffffff; --text: #1f2430; --faint: #5b6270; --grid: #e3e6ec;
  --c0: #0b5cad; --c1: #b23c00; --c2: #18733a; --c3: #7a2ea8; --c4: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181f; --text: #e6e9ef; --faint: #a9b1bf; --grid: #2c323d;
  --c0: #6db3f2; --c1: #ff9b6a; --c2: #6fcf8f; --c3: #cf9bf0; --c4: #e3b457; } }
text { font: 12px system-ui, sans-serif; fill: var(--text); }
.panel { font-size: 13px; font-weight: 600; }
.tick, .axis { fill: var(--faint); }
.grid { stroke: var(--grid); }
.linear { stroke: var(--faint); stroke-dasharray: 2 4; }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, with the text that stands at its end."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot of seconds by something.

    Attributes:
        title: Stands above it.
        x: What the horizontal axis counts.
        lines: The curves; five at most.
    """

    title: str
    x: str
    lines: tuple[Line, ...]


def log_log(title: str, description: str, panels: Sequence[Panel]) -> str:
    """Draw plots one below the other.

    Args:
        title: What a screen reader calls it.
        description: What it shows, in words.
        panels: The plots.

    Returns:
        The SVG, the same for the same figures.
    """
    height = HEIGHT * len(panels)
    rows = chain.from_iterable(_panel(panel, number * HEIGHT) for number, panel in enumerate(panels))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(description)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" rx="6" fill="var(--ground)"/>',
            *rows,
            "</svg>",
            "",
        ]
    )


class _Scale:
    """From powers of ten to pixels.

    Args:
        values: What is to be on it.
        start: The pixel of the least power of ten.
        end: The pixel of the greatest.
    """

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.powers = range(math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9) + 1)
        self._start, self._step = start, (end - start) / max(1, len(self.powers) - 1)

    def __call__(self, value: float) -> float:
        return self._start + (math.log10(value) - self.powers[0]) * self._step


def _panel(panel: Panel, above: int) -> Iterator[str]:
    points = [*chain.from_iterable(line.points for line in panel.lines)]
    left, right, top, bottom = LEFT, WIDTH - RIGHT, above + TOP, above + HEIGHT - BOTTOM
    x = _Scale([point[0] for point in points], left, right)
    y = _Scale([point[1] for point in points], bottom, top)
    yield f'<text class="panel" x="12" y="{above + 20}">{escape(panel.title)}</text>'
    for power in x.powers:
        at = f"{x(10.0**power):.1f}"
        yield f'<path class="grid" d="M{at} {top}V{bottom}"/>'
        yield f'<text class="tick" x="{at}" y="{bottom + 16}" text-anchor="middle">{_count(power)}</text>'
    for power in y.powers:
        at = f"{y(10.0**power):.1f}"
        yield f'<path class="grid" d="M{left} {at}H{right}"/>'
        yield f'<text class="tick" x="{left - 6}" y="{float(at) + 4:.1f}" text-anchor="end">{_seconds(power)}</text>'
    middle = (left + right) / 2
    yield f'<text class="axis" x="{middle}" y="{bottom + 34}" text-anchor="middle">{escape(panel.x)}</text>'
    yield from _linear(x, y, named=not above)
    yield from _lines(panel, x, y, right)


def _linear(x: _Scale, y: _Scale, named: bool) -> Iterator[str]:
    """What linear looks like: a line from a lower corner, ten times as long for ten times as many."""
    decades = min(len(x.powers), len(y.powers)) - 1
    one = x(10.0 ** (x.powers[-1] - decades)), y(10.0 ** y.powers[0])
    other = x(10.0 ** x.powers[-1]), y(10.0 ** (y.powers[0] + decades))
    yield f'<path class="linear" d="M{one[0]:.1f} {one[1]:.1f}L{other[0]:.1f} {other[1]:.1f}"/>'
    if named:
        at = (one[0] + other[0]) / 2, (one[1] + other[1]) / 2
        yield f'<text class="tick" x="{at[0] - 8:.1f}" y="{at[1] - 6:.1f}" text-anchor="end">linear</text>'


def _lines(panel: Panel, x: _Scale, y: _Scale, right: float) -> Iterator[str]:
    ordered = sorted(enumerate(panel.lines), key=lambda each: each[1].points[-1][1])
    places = _apart([y(line.points[-1][1]) for _, line in ordered])
    for (number, line), place in zip(ordered, places, strict=True):
        drawn = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line.points)
        colour = f"var(--c{number})"
        yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for a, b in line.points:
            yield f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.5" fill="{colour}"/>'
        end = x(line.points[-1][0]), y(line.points[-1][1])
        yield f'<path d="M{end[0] + 3:.1f} {end[1]:.1f}L{right + 10} {place:.1f}" stroke="{colour}" opacity=".5"/>'
        yield f'<text x="{right + 14}" y="{place + 4:.1f}" style="fill:{colour}">{escape(line.name)}</text>'


def _apart(places: list[float]) -> list[float]:
    """Move labels, from the lowest up, so that none covers another."""
    moved: list[float] = []
    for place in places:
        moved.append(min(place, moved[-1] - LABEL) if moved else place)
    return moved


def _count(power: int) -> str:
    return {3: "1k", 4: "10k", 5: "100k", 6: "1M"}.get(power, f"{10**power}")


def _seconds(power: int) -> str:
    for unit, least in (("s", 0), ("ms", -3), ("µs", -6)):
        if power >= least:
            return f"{10 ** (power - least):,} {unit}"
    return f"10^{power} s"
