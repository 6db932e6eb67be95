"""Programs that blow up an abstract execution are bounded, and time grows with size only."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.hostile import blowups
from tests.hostile.command import check_ending, lint


@pytest.mark.parametrize("name", blowups.BLOWUPS)
def test_blowups_are_bounded(name: str, tmp_path: Path) -> None:
    compile(blowups.BLOWUPS[name], name, "exec", dont_inherit=True)
    check_ending(lint(blowups.BLOWUPS[name], tmp_path))


def test_a_chain_of_20_calls_is_followed(tmp_path: Path) -> None:
    cut = lint(blowups.call_chain(20, cut=True), tmp_path)
    assert "TFG204" in {one["code"] for one in cut.findings}
    live = lint(blowups.call_chain(20, cut=False), tmp_path)
    assert live.findings == []


def test_2000_tapes_are_all_looked_at(tmp_path: Path) -> None:
    text = blowups.many_tapes(2000) + (
        "with tf.GradientTape() as tape:\n    loss = tf.round(w)\ngrad = tape.gradient(loss, w)\n"
    )
    ending = lint(text, tmp_path)
    last = text.count("\n") - 1
    assert last in {one["location"]["row"] for one in ending.findings if one["code"] == "TFG204"}


@pytest.mark.parametrize(
    "grow", [blowups.many_tapes, blowups.many_functions, blowups.if_chain, blowups.unknown_names]
)
def test_time_is_linear_in_size(grow: object, tmp_path: Path) -> None:
    assert callable(grow)
    sizes = (250, 500, 1000) if grow is not blowups.many_tapes else (500, 1000, 2000)
    start = min(lint(grow(1), tmp_path).seconds for _ in range(2))
    times = [min(lint(grow(size), tmp_path).seconds for _ in range(2)) for size in sizes]
    small, large = max(times[0] - start, 0.02), max(times[-1] - start, 0.02)
    slope = math.log(large / small) / math.log(sizes[-1] / sizes[0])
    assert slope <= 1.35, f"{[round(time, 2) for time in times]} s, start-up {start:.2f} s"
