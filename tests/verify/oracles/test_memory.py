"""Memory: what a tape kept alive that would have been gone without it."""

from __future__ import annotations

from tests.verify.oracles.runs import OPENED, at, question, run
from tflint_grad.verify.observation import TapeLife
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.memory import kept
from tflint_grad.verify.verdict import Status


def status(life: TapeLife) -> Status:
    return judge(question("memory", "TFG302"), [run("finite", tapes=(life,))]).status


def life(**values: int | bool) -> TapeLife:
    return TapeLife([at(OPENED)], persistent=True, recorded=4, **values)  # type: ignore[arg-type]


def test_a_tape_that_holds_values_at_the_end_confirms() -> None:
    assert status(life(kept_at_end=3)) is Status.CONFIRMED


def test_a_tape_that_holds_values_after_its_last_use_confirms() -> None:
    assert status(life(kept_after_use=2, compared=True)) is Status.CONFIRMED


def test_a_tape_that_let_go_refutes_once_it_was_compared() -> None:
    assert status(life(compared=True)) is Status.REFUTED
    assert status(life()) is Status.INCONCLUSIVE


def test_a_tape_of_another_place_is_not_meant() -> None:
    other = TapeLife([at(50)], persistent=True, recorded=4, kept_at_end=3)
    assert status(other) is Status.INCONCLUSIVE


def test_a_tape_of_a_graph_holds_nothing() -> None:
    assert status(life(in_graph=True, kept_at_end=3)) is Status.INCONCLUSIVE


def test_kept_is_what_a_run_with_forgetful_tapes_has_not() -> None:
    seen = run(tapes=(life(alive_after_use=5),))
    kept(seen, run(tapes=(life(alive_after_use=2),)))
    assert seen.tapes[0].kept_after_use == 3
    assert seen.tapes[0].compared
