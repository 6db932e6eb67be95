"""Raises: at the flagged line, or where its value is used, and for the reason that is meant."""

from __future__ import annotations

import pytest

from tests.verify.oracles.runs import ASKED, FLAGGED, asked, error, question, run
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.verdict import Status

SYMBOLIC = "Cannot convert a symbolic tf.Tensor to a numpy array"


def status(seen: Observations, code: str = "TFG201", message: str = "") -> Status:
    return judge(question("raises", code, message), [seen]).status


def test_the_promised_exception_at_the_flagged_line_confirms() -> None:
    assert status(run(raised=(error(SYMBOLIC, FLAGGED),))) is Status.CONFIRMED


def test_another_exception_there_may_be_for_our_arguments() -> None:
    said = "Incompatible shapes: [2,3] vs. [4]"
    assert status(run(raised=(error(said, FLAGGED),))) is Status.INCONCLUSIVE
    assert status(run(raised=(error(said, FLAGGED),)), "TFG999") is Status.INCONCLUSIVE


def test_the_promised_exception_elsewhere_confirms_nothing() -> None:
    assert status(run(raised=(error(SYMBOLIC, 77),))) is Status.INCONCLUSIVE


def test_a_gradient_call_that_is_given_a_host_value_confirms() -> None:
    seen = run()
    seen.gradients.append(asked(error="AttributeError: no attribute '_id'", host=True))
    assert status(seen) is Status.CONFIRMED


@pytest.mark.parametrize(
    "said",
    [
        "unsupported operand type(s) for *: 'NoneType' and 'float'",
        "gradient registry has no entry for: TruncateMod",
        "Invalid reduction dimension (1 for input with 0 dimension(s)",
    ],
)
def test_what_chokes_on_the_value_later_confirms(said: str) -> None:
    assert status(run(raised=(error(said, ASKED),))) is Status.CONFIRMED


def test_what_choked_before_the_line_ran_does_not() -> None:
    said = "unsupported operand type(s) for *: 'NoneType' and 'float'"
    assert status(run(raised=(error(said, ASKED, when=5),))) is Status.INCONCLUSIVE


def test_a_gradient_that_was_answered_refutes() -> None:
    assert status(run("finite")) is Status.REFUTED


def test_a_line_whose_gradient_nobody_asked_for_refutes_nothing() -> None:
    assert status(run()) is Status.INCONCLUSIVE


def test_what_raises_in_a_graph_is_not_refuted_by_eager_code() -> None:
    said = "the value is symbolic while the graph is traced: this will raise"
    assert status(run("finite"), message=said) is Status.INCONCLUSIVE
