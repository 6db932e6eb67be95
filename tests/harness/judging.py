"""Does a bad file show what its markers promise, is an ok file as good as it looks?

The oracles are those of `--verify`. What is added here is what only a fixture has: claims of its
tail, a promise for every exception that ends it, and innocence.
"""

from __future__ import annotations

from tests.harness.fixture import Expectation, Fixture
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.base import begun
from tflint_grad.verify.oracles.wrong import INTENDED
from tflint_grad.verify.question import Question, Span
from tflint_grad.verify.verdict import Status

MEMORY_RULES = frozenset({"TFG302", "TFG303", "TFG308", "TFG309"})


def question(fixture: Fixture, expected: Expectation) -> Question:
    """What a marker asks: it knows its line, and no tape."""
    return Question(
        number=0,
        code=expected.code,
        consequence=expected.consequence,
        message="",
        flagged=Span(str(fixture.path), *fixture.statement(expected.row)),
        tapes=(),
        asked=(),
    )


def complaints(fixture: Fixture, seen: Observations) -> list[str]:
    """All complaints about one run; an empty list is a pass."""
    if fixture.is_bad and not fixture.expectations:
        return ["a bad file without a marker"]
    promised = [one for one in fixture.expectations if one.consequence != "advice"]
    if not fixture.is_bad and any(not one.advice for one in fixture.expectations):
        return ["an ok file with a marker that is no advice"]
    found = []
    for one in promised:
        answer = judge(question(fixture, one), [seen])
        if answer.status is not Status.CONFIRMED:
            told = answer.evidence or answer.reason
            found.append(f"row {one.row}: {one.code} {one.consequence}: {answer.status}: {told}")
    found += _unpromised(promised, seen)
    if not promised:
        found += _innocence(fixture, seen)
    found += [
        f"row {one.row}: {one.code}: the line was never executed"
        for one in fixture.expectations
        if one.consequence == "advice" and begun(question(fixture, one), seen) is None
    ]
    return found


def _unpromised(promised: list[Expectation], seen: Observations) -> list[str]:
    """An exception that ends the run must have been promised."""
    error = seen.escaped()
    if error is None or any(one.consequence == "raises" for one in promised):
        return []
    return [f"unexpected {error.kind}: {error.message} ({error.places})"]


def _innocence(fixture: Fixture, seen: Observations) -> list[str]:
    """An ok file: right gradients, proven by the tail, and no bad one anywhere."""
    found = []
    kinds = {claim.kind for claim in seen.claims}
    if not kinds & INTENDED:
        found.append("the tail never says `agrees` or `intended`")
    found += [f"the tail claims {kind}" for kind in sorted(kinds - INTENDED)]
    for call in seen.gradients:
        bad = set(call.outcomes) & {"none", "not-finite"}
        if "intended-none" in kinds:
            bad.discard("none")
        if bad or call.error:
            found.append(f"row {call.place[1]}: {call.method} gave {call.error or sorted(bad)}")
    if fixture.rule in MEMORY_RULES:
        found += [
            f"{tape.places}: a tape kept {tape.kept_at_end} intermediates to the end"
            for tape in seen.tapes
            if tape.kept_at_end > 0 and not fixture.is_bad and tape.places[0][1]
        ]
    return found
