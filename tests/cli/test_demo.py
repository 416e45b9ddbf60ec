"""``maia-scim demo``, and its picture in the README."""

from __future__ import annotations

from scripts import captures


def test_the_picture_shows_what_the_demo_shows():
    assert captures.demo() == (captures.FOLDER / "demo.svg").read_text("utf-8")
