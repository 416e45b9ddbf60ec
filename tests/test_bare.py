"""The benchmarks that install packages, where none can be had."""

from __future__ import annotations

import pytest

from benchmarks import bare, footprint, starting


@pytest.mark.parametrize("module", [starting, footprint])
def test_without_a_package_index_there_is_no_figure_and_a_reason(module, monkeypatch):
    def run(*arguments: str) -> None:
        raise bare.NotInstalled(f"{arguments[1]} found no index")

    monkeypatch.setattr(bare, "_run", run)

    found = list(module.figures())

    assert len(found) == 2
    assert {(each.value, each.met, each.details["why"]) for each in found} == {(None, None, "build found no index")}


def test_a_failing_command_is_told_with_its_last_words():
    with pytest.raises(bare.NotInstalled, match=r"^-m pip ended with 1: .*nowhere"):
        bare._run("-m", "pip", "nowhere")
