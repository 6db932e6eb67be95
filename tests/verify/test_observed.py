"""TFG900: what is told of gradient calls that no finding had foretold, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tflint_grad.findings import Consequence, Finding, Severity
from tflint_grad.verify.command import Process
from tflint_grad.verify.observation import GradientCall, Observations
from tflint_grad.verify.observed import observed
from tflint_grad.verify.question import Question, Span

PROGRAM = """\
with tf.GradientTape() as tape:
    loss = f(w, b)
grads = tape.gradient(loss, [w, b])
model.fit(x, y)
with tf.GradientTape() as tape:
    loss = f(w)
later = tape.gradient(loss, {"second": b, "first": w})


def filtered():
    pairs = zip(tape.gradient(loss, model.weights), model.weights)
    return [(g, v) for g, v in pairs if g is not None]
"""
GRADIENT, FIT, LATER, FILTERED = 3, 4, 7, 11


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return str(path)


def call(file: str, row: int, *words: str, count: int = 5, first: int = 1) -> GradientCall:
    return GradientCall(
        (file, row),
        (file, 1),
        "gradient",
        outcomes=list(words),
        count=count,
        first=first,
        last=first + count,
        sources=[""] * len(words),
    )


def told(
    file: str, *calls: GradientCall, explained: Sequence[Question] = (), half: bool = False
) -> list[Finding]:
    run = Observations(gradients=list(calls))
    process = Process(run, "2.21.0", "CPU:0", trouble="", cut_off=False, half=half)
    return observed([process], explained, [file], "python program.py")


def question(file: str, row: int, consequence: str = "gradient-none", source: str = "") -> Question:
    return Question(
        number=0,
        code="TFG204",
        consequence=consequence,
        message="",
        flagged=Span(file, 2, 2),
        tapes=(),
        asked=(Span(file, row, row),),
        source=source,
    )


def messages(findings: Sequence[Finding]) -> list[str]:
    return [finding.message for finding in findings]


def test_a_line_is_told_once_with_its_sources_and_counts(file: str) -> None:
    (finding,) = told(
        file, call(file, GRADIENT, "none", "finite"), call(file, GRADIENT, "none", "not-finite")
    )
    assert finding.message == (
        "gradient() returned None with respect to 'w' in 10 of 10 calls, "
        "values that are NaN or infinite with respect to 'b' in 5 of 10 calls"
    )
    assert finding.severity is Severity.WARNING
    assert finding.consequence is Consequence.GRADIENT_NONE
    assert (finding.location.row, finding.location.column) == (GRADIENT, 9)


def test_sources_in_a_dictionary_have_the_order_of_its_keys(file: str) -> None:
    (finding,) = told(file, call(file, LATER, "finite", "none"))
    assert finding.message == "gradient() returned None with respect to 'b' in 5 of 5 calls"


def test_finite_gradients_are_not_told(file: str) -> None:
    assert told(file, call(file, GRADIENT, "finite", "finite")) == []


def test_zeros_are_told_where_there_was_nothing_else(file: str) -> None:
    once = call(file, GRADIENT, "zero", "finite", count=9)
    assert messages(told(file, once)) == [
        "gradient() returned zeros with respect to 'w' in 9 of 9 calls"
    ]
    assert told(file, once, call(file, GRADIENT, "finite", "finite", count=1)) == []


def test_zeros_of_the_first_steps_are_advice(file: str) -> None:
    (finding,) = told(file, call(file, GRADIENT, "zero", "finite", count=1))
    assert finding.severity is Severity.ADVICE
    assert finding.message == "gradient() returned zeros with respect to 'w' in its only call"


def test_zeros_that_the_call_asks_for_are_not_told(file: str) -> None:
    asking = call(file, GRADIENT, "zero", "finite")
    asking.zeros_for_none = True
    assert told(file, asking) == []


def test_none_that_the_function_looks_for_is_advice(file: str) -> None:
    (finding,) = told(file, call(file, FILTERED, "none", "finite"))
    assert finding.severity is Severity.ADVICE
    assert "'model.weights[0]'" in finding.message and "filters None" in finding.message


def test_what_a_library_asks_for_is_told_at_the_users_line_without_zeros(file: str) -> None:
    fit = call(file, FIT, "none", "zero")
    fit.asked_by = "/lib/site-packages/keras/trainer.py"
    fit.sources = ["dense/kernel", "dense/bias"]
    assert messages(told(file, fit)) == [
        "gradient() returned None with respect to dense/kernel in 5 of 5 calls; "
        "asked for by keras/trainer.py under this call"
    ]


def test_what_a_finding_has_foretold_is_not_told_again(file: str) -> None:
    none = call(file, GRADIENT, "none", "none")
    assert told(file, none, explained=[question(file, GRADIENT)]) == []
    assert len(told(file, none, explained=[question(file, LATER)])) == 1


def test_a_finding_foretells_of_its_own_source_only(file: str) -> None:
    zeros = call(file, GRADIENT, "zero", "zero")
    foretold = question(file, GRADIENT, "gradient-zero", source="w")
    assert messages(told(file, zeros, explained=[foretold])) == [
        "gradient() returned zeros with respect to 'b' in 5 of 5 calls"
    ]


def test_a_cut_that_leaves_no_path_at_all_explains_each_none(file: str) -> None:
    foretold = question(file, GRADIENT, source="w")
    assert told(file, call(file, GRADIENT, "none", "none"), explained=[foretold]) == []
    some = [call(file, GRADIENT, "none", "none", count=1), call(file, LATER, "finite", "none")]
    foretold = question(file, LATER, source="w")
    assert len(told(file, *some, explained=[foretold])) == 2


def test_a_finding_on_a_source_explains_its_other_targets(file: str) -> None:
    unwatched = replace(
        question(file, GRADIENT, source="w"), code="TFG401", tapes=(Span(file, 1, 1),)
    )
    first, second = call(file, LATER, "none", "finite"), call(file, LATER, "finite", "none")
    assert told(file, first, explained=[unwatched]) == []
    assert len(told(file, second, explained=[unwatched])) == 1, "that is 'b'"
    assert len(told(file, first, explained=[replace(unwatched, code="TFG204")])) == 1


def test_a_part_that_is_missing_explains_no_none(file: str) -> None:
    some = call(file, GRADIENT, "none", "zero")
    (finding,) = told(file, some, explained=[question(file, GRADIENT, "gradient-wrong")])
    assert finding.message == "gradient() returned None with respect to 'w' in 5 of 5 calls"


def test_a_nan_that_was_foretold_spreads(file: str) -> None:
    first = call(file, GRADIENT, "not-finite", "finite", first=10)
    spread = call(file, LATER, "not-finite", "not-finite", first=11)
    foretold = question(file, GRADIENT, "gradient-nan")
    assert told(file, first, spread, explained=[foretold]) == []
    assert len(told(file, first, spread)) == 2


def test_infinite_values_are_looked_for_where_losses_are_scaled(file: str) -> None:
    some = [call(file, GRADIENT, "not-finite", "finite"), call(file, GRADIENT, "finite", "finite")]
    assert told(file, *some, half=True) == []
    assert len(told(file, *some)) == 1
    assert len(told(file, some[0], half=True)) == 1


def test_symbols_are_told_of_only_where_no_values_were_seen(file: str) -> None:
    traced = call(file, GRADIENT, "none", "symbolic", count=1)
    assert messages(told(file, traced)) == [
        "gradient() returned None with respect to 'w' in its only call"
    ]
    assert messages(told(file, traced, call(file, GRADIENT, "none", "finite"))) == [
        "gradient() returned None with respect to 'w' in 5 of 5 calls"
    ]


def test_files_that_are_not_linted_are_not_told_of(file: str) -> None:
    assert told(file, call(f"{file}.other", GRADIENT, "none")) == []
