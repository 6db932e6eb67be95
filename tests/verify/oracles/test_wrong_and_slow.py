"""Wrong: what central differences said. Slow: what was counted."""

from __future__ import annotations

import pytest

from tests.verify.oracles.runs import ASKED, FLAGGED, OPENED, at, question, run
from tflint_grad.verify.observation import Claim, TapeLife
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.verdict import Status


def claim(kind: str, when: int = 25) -> Claim:
    return Claim(kind, at(ASKED), when, f"it {kind}")


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["disagrees"], Status.CONFIRMED),
        (["agrees"], Status.REFUTED),
        (["agrees", "disagrees"], Status.CONFIRMED),
        (["unmeasured"], Status.INCONCLUSIVE),
        ([], Status.INCONCLUSIVE),
    ],
)
def test_a_gradient_is_wrong_where_it_is_not_the_slope(kinds: list[str], expected: Status) -> None:
    seen = run("finite", claims=tuple(claim(kind) for kind in kinds))
    assert judge(question("gradient-wrong", "TFG201"), [seen]).status is expected


def test_what_was_measured_before_the_line_ran_says_nothing() -> None:
    seen = run("finite", claims=(claim("disagrees", when=5),))
    assert judge(question("gradient-wrong"), [seen]).status is Status.INCONCLUSIVE


def test_a_branch_that_was_decided_while_tracing_is_wrong_in_its_meaning_alone() -> None:
    seen = run("finite", stage="graph", claims=(claim("agrees"),))
    answer = judge(question("gradient-wrong", "TFG103"), [seen])
    assert answer.status is Status.INCONCLUSIVE
    assert "only the author" in answer.reason


def test_waiting_again_and_again_is_slow_and_once_is_not() -> None:
    seen = run("finite")
    seen.conversions[at(FLAGGED)] = 4
    assert judge(question("slow", "TFG101"), [seen]).status is Status.CONFIRMED
    seen.conversions[at(FLAGGED)] = 1
    assert judge(question("slow", "TFG101"), [seen]).status is Status.INCONCLUSIVE


def test_a_tape_that_records_its_own_backward_pass_is_slow() -> None:
    life = TapeLife([at(OPENED)], persistent=True, recorded=9, recorded_by_gradients=4)
    seen = run("finite", tapes=(life,))
    answer = judge(question("slow", "TFG304"), [seen])
    assert answer.status is Status.CONFIRMED
    assert "4 operations" in answer.evidence


def test_a_tape_that_does_not_is_not() -> None:
    life = TapeLife([at(OPENED)], persistent=True, recorded=9)
    assert (
        judge(question("slow", "TFG304"), [run("finite", tapes=(life,))]).status is Status.REFUTED
    )
