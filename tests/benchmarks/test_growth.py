"""The arithmetic of the growth benchmark, and its plot. No times."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest

pytest.importorskip("benchmarks.growth", reason="the benchmarks are not part of a source distribution")

from benchmarks.growth import Curve, drawn, figures_of, slope
from benchmarks.plot import Line, Panel, log_log

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_slope_is_the_exponent(exponent):
    sizes = (10, 100, 1_000)

    assert slope(sizes, [3 * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_fixed_costs_of_the_lower_half_do_not_count():
    curve = Curve("call", "members", (10, 100, 1_000, 10_000), (5.0, 5.0, 1.0, 10.0))

    assert curve.exponent == pytest.approx(1)


def test_instructions_decide_where_they_were_counted():
    curve = Curve("call", "members", (10, 100, 1_000), (1.0, 100.0, 10_000.0), instructions=(50.0, 500.0))

    assert curve.by_clock == pytest.approx(2)
    assert curve.exponent == pytest.approx(1)


def test_memory_is_compared_with_that_of_a_thousand():
    curve = Curve("stream", "users", (100, 1_000, 10_000), (1, 10, 100), memory=(9.0, 2.0, 5.0))

    exponent, memory = figures_of([curve])

    assert exponent.value == pytest.approx(1)
    assert (exponent.met, memory.value, memory.met) == (True, 3.0, True)


def test_the_plot_says_what_it_shows():
    curves = [
        Curve("<call>", "users", (10, 1_000_000), (0.001, 100.0)),
        Curve("other", "users", (10, 1_000), (0.001, 0.1)),
    ]

    svg = ElementTree.fromstring(drawn(curves))

    texts = [element.text for element in svg.iter(f"{SVG}text")]
    assert svg.get("aria-labelledby") == "title desc"
    assert "exponent 1.00" in (svg.findtext(f"{SVG}desc") or "")
    assert {"<call>", "other", "users", "1M", "1 ms", "100 s", "linear"} <= {*texts}
    assert len(svg.findall(f"{SVG}polyline")) == 2


def test_ten_times_as_many_are_as_far_apart_everywhere():
    svg = log_log("t", "d", [Panel("p", "x", (Line("l", ((10, 0.01), (100, 0.1), (1_000, 1.0))),))])

    [points] = re.findall(r'points="(.*?)"', svg)
    (x0, y0), (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in points.split())
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y1 - y0 == pytest.approx(y2 - y1, abs=0.2)
    assert x1 > x0
    assert y1 < y0


def test_labels_do_not_cover_each_other():
    lines = tuple(Line(str(number), ((10, 0.01), (100, 0.1))) for number in range(5))

    svg = ElementTree.fromstring(log_log("t", "d", [Panel("p", "x", lines)]))

    places = sorted(float(text.get("y", "nan")) for text in svg.iter(f"{SVG}text") if text.get("style"))
    assert min(b - a for a, b in itertools.pairwise(places)) >= 12
