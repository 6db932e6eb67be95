"""Programs that blow up an abstract execution are bounded, and time grows with size only."""

from __future__ import annotations

import math
from collections.abc import Callable
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
    ("grow", "smallest"),
    [
        (blowups.many_tapes, 500),
        (blowups.many_functions, 250),
        (blowups.if_chain, 500),
        (blowups.unknown_names, 1000),
    ],
)
def test_time_is_linear_in_size(grow: Callable[[int], str], smallest: int, tmp_path: Path) -> None:
    """The smallest size must take well longer than start-up varies, or noise is measured."""
    sizes = (smallest, 2 * smallest, 4 * smallest)
    start = min(lint(grow(1), tmp_path).seconds for _ in range(3))
    endings = [[lint(grow(size), tmp_path) for _ in range(3)] for size in sizes]
    assert not any(one.unreadable for three in endings for one in three), (
        "passed over, not analysed"
    )
    times = [min(one.seconds for one in three) - start for three in endings]
    slope = math.log(max(times[-1], 0.02) / max(times[0], 0.02)) / math.log(sizes[-1] / sizes[0])
    assert slope <= 1.35, f"{[round(time, 2) for time in times]} s beyond {start:.2f} s"
