"""None, zero, NaN: what the gradient call gave for the source that the finding names."""

from __future__ import annotations

import pytest

from tests.verify.oracles.runs import at, error, question, run
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.verdict import Status

WORDS = {"gradient-none": "none", "gradient-zero": "zero", "gradient-nan": "not-finite"}


def status(consequence: str, *runs: Observations, **options: str) -> Status:
    return judge(question(consequence, **options), runs).status


@pytest.mark.parametrize(("consequence", "word"), WORDS.items())
def test_what_was_promised_and_seen_is_confirmed(consequence: str, word: str) -> None:
    assert status(consequence, run(word), run(word)) is Status.CONFIRMED


@pytest.mark.parametrize("consequence", WORDS)
def test_a_finite_gradient_under_the_tape_refutes(consequence: str) -> None:
    assert status(consequence, run("finite")) is Status.REFUTED


@pytest.mark.parametrize("consequence", WORDS)
@pytest.mark.parametrize("other", ["finite", "none", "zero", "not-finite"])
def test_what_ran_under_no_tape_is_never_refuted(consequence: str, other: str) -> None:
    assert status(consequence, run(other, under=False)) is not Status.REFUTED


def test_none_once_is_none() -> None:
    assert status("gradient-none", run("finite"), run("none")) is Status.CONFIRMED


def test_zero_at_some_points_is_what_a_relu_has() -> None:
    assert status("gradient-zero", run("zero"), run("finite")) is Status.INCONCLUSIVE


def test_zero_for_one_of_several_sources_is_not_called_zero() -> None:
    assert status("gradient-zero", run("zero", "finite")) is Status.REFUTED


def test_a_point_outside_of_the_domain_says_nothing_about_zero() -> None:
    assert status("gradient-zero", run("zero"), run("not-finite")) is Status.CONFIRMED


def test_nan_at_one_point_is_enough() -> None:
    assert status("gradient-nan", run("finite"), run("not-finite")) is Status.CONFIRMED


def test_a_line_that_did_not_run_decides_nothing() -> None:
    answer = judge(question("gradient-none"), [run("finite", reached=False)])
    assert answer.status is Status.INCONCLUSIVE
    assert "line 2 was not reached" in answer.reason


def test_symbols_whose_values_stay_inside_decide_nothing_but_that_they_are_there() -> None:
    assert status("gradient-zero", run("symbolic")) is Status.INCONCLUSIVE
    assert status("gradient-none", run("symbolic", stage="graph")) is Status.REFUTED


def test_a_branch_of_a_graph_that_may_not_have_run_refutes_nothing() -> None:
    assert status("gradient-none", run("finite", stage="branch")) is Status.INCONCLUSIVE


def test_what_holds_in_a_graph_is_not_refuted_by_eager_code() -> None:
    said = "in a graph the loop becomes a Dataset.reduce"
    assert status("gradient-none", run("finite"), message=said) is Status.INCONCLUSIVE
    assert status("gradient-none", run("finite", stage="graph"), message=said) is Status.REFUTED


def test_a_call_of_another_tape_is_not_the_one_that_is_meant() -> None:
    seen = run("finite")
    seen.gradients[0].tape = at(99)
    assert status("gradient-none", seen) is Status.INCONCLUSIVE


def test_a_tape_is_known_by_where_it_was_made_too() -> None:
    seen = run("none")
    seen.gradients[0].made, seen.gradients[0].tape = seen.gradients[0].tape, at(99)
    assert status("gradient-none", seen) is Status.CONFIRMED


def test_the_exception_that_came_before_is_the_reason() -> None:
    answer = judge(question("gradient-none"), [run(raised=(error("no such file", 3),))])
    assert answer.status is Status.INCONCLUSIVE
    assert "no such file" in answer.reason
