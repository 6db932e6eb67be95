"""Timed pairs: the run without what is flagged does the same, less that."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from tests.verify.programs import Written
from tflint_grad.verify.devices import Gauges
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.pairs import PAIRS, Pair, timed, told
from tflint_grad.verify.question import Question, Span


def question(program: Written, code: str) -> Question:
    row = program.row("# flagged")
    span = Span(str(program.path), row, row)
    return Question(0, code, "slow", "", span, (), ())


def probed(program: Written, pair: Pair) -> Observations:
    import tensorflow as tf

    probe = program.probed(pair=pair, gauges=Gauges(tf, "CPU:0"))
    assert program.error is None
    return probe.seen


def test_without_it_the_backward_pass_is_not_recorded(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        w = tf.Variable(2.0)
        with tf.GradientTape(persistent=True) as tape:
            y = w * w * w
            slope = tape.gradient(y, w)  # flagged
        result = [slope, tape.gradient(slope, w)]
        """,
    )

    def result(without: bool) -> list[object]:
        probed(program, Pair(question(program, "TFG304"), without))
        assert program.loader.module is not None
        return [None if one is None else float(one) for one in program.loader.module.result]

    assert result(without=False) == [12.0, 12.0]
    assert result(without=True) == [12.0, None], "nothing is known of how it came about"


def test_without_it_the_host_knows_the_values_that_it_would_wait_for(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        x = tf.Variable(1.0)
        taken = []
        with tf.GradientTape() as tape:
            for _ in range(3):
                taken.append(float(x * 1.0))  # flagged
                x.assign_add(1.0)
        """,
    )
    pair = Pair(question(program, "TFG101"))
    probed(program, pair)
    assert [float(value) for value in pair.values] == [1.0, 2.0, 3.0]
    other = Pair(question(program, "TFG101"), without=True, values=[5.0, 6.0])
    probed(program, other)
    assert program.loader.module is not None
    assert program.loader.module.taken == [5.0, 6.0, 3.0], "what is not known is waited for"


def test_time_is_taken_from_the_first_tape_on(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        import time
        time.sleep(0.5)
        with tf.GradientTape() as tape:
            time.sleep(0.1)  # flagged
        """,
    )
    probe = program.probed(pair=Pair(question(program, "TFG304")))
    probe.stop_the_clock()
    assert 0.1 <= probe.seen.taped_seconds < 0.5


def test_the_first_pair_warms_up_and_the_others_tell(tmp_path: Path) -> None:
    program = Written(tmp_path, "pass  # flagged")
    times = iter([9.0, 9.0, *[0.012, 0.008] * (PAIRS - 1)])
    said = timed(question(program, "TFG304"), lambda pair: Observations(taped_seconds=next(times)))
    assert said == "12.0 ms with it, 8.0 ms without (median of 5 pairs)"


def test_nothing_is_told_of_a_run_that_came_to_nothing(tmp_path: Path) -> None:
    program = Written(tmp_path, "pass  # flagged")
    assert timed(question(program, "TFG304"), lambda pair: Observations()) == ""


@pytest.mark.parametrize("mixed", [[1.0, 2.0, 1.0, 2.0], [2.0, 2.0, 1.0, 1.0]])
def test_a_difference_with_two_signs_is_none(mixed: list[float]) -> None:
    assert told(mixed, [1.5] * 4).endswith("no difference that can be told")
    assert "no difference" not in told([2.0, 2.0, 2.0, 1.0], [1.5] * 4)
