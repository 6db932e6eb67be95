"""Judges a run: does a bad file show what its markers promise, is an ok file as good as it looks?

One oracle a consequence, whatever the rule. Each returns what is missing, in words; nothing where
the consequence was seen. The flagged statement must have been executed before it, so that a marker
on dead code, or below its own effect, is refuted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.harness.fixture import Expectation, Fixture
from tests.harness.observation import Observations

Oracle = Callable[[Fixture, Expectation, Observations], str]
INTENDED = frozenset({"agrees", "intended", "intended-none"})
CHOKED = re.compile(
    r"NoneType|received None|None.*(convert|supported)|numpy\.nd|tf\.Operation|convert Operation"
)
BACKWARD = re.compile(
    r"gradient registry has no entry for|No gradient defined for operation"  # nobody can go back
    r"|Inputs to operation .* of type AddN|In\[[01]\] ndims|Invalid reduction dimension"  # wrong shape
    r"|Cannot convert 0.0 to EagerTensor of dtype"  # wrong type
)
MEMORY_RULES = frozenset({"TFG302", "TFG303", "TFG308", "TFG309"})


def judge(fixture: Fixture, seen: Observations) -> list[str]:
    """All complaints about one run; an empty list is a pass."""
    if fixture.is_bad and not fixture.expectations:
        return ["a bad file without a marker"]
    promised = [one for one in fixture.expectations if one.consequence != "advice"]
    if not fixture.is_bad and any(not one.advice for one in fixture.expectations):
        return ["an ok file with a marker that is no advice"]
    complaints = [
        f"row {one.row}: {one.code} {one.consequence}: {missing}"
        for one in promised
        if (missing := ORACLES[one.consequence](fixture, one, seen))
    ]
    complaints += _unpromised(promised, seen)
    if not promised:
        complaints += _innocence(fixture, seen)
    complaints += [
        f"row {one.row}: {one.code}: the line was never executed"
        for one in fixture.expectations
        if one.consequence == "advice" and _first(fixture, one, seen) is None
    ]
    return complaints


def _unpromised(promised: list[Expectation], seen: Observations) -> list[str]:
    """An exception that ends the run must have been promised."""
    if any(one.consequence == "raises" for one in promised):
        return []
    return [
        f"unexpected {error.kind}: {error.message} (rows {error.rows})"
        for error in seen.raised
        if error.escaped
    ]


def _innocence(fixture: Fixture, seen: Observations) -> list[str]:
    """An ok file: right gradients, proven by the tail, and no bad one anywhere."""
    complaints = []
    kinds = {claim.kind for claim in seen.claims}
    if not kinds & INTENDED:
        complaints.append("the tail never says `agrees` or `intended`")
    complaints += [f"the tail claims {kind}" for kind in sorted(kinds - INTENDED)]
    for call in seen.gradients:
        bad = set(call.outcomes) & {"none", "not-finite"}
        if "intended-none" in kinds:
            bad.discard("none")
        if bad or call.error:
            complaints.append(f"row {call.row}: {call.method} gave {call.error or sorted(bad)}")
    if fixture.rule in MEMORY_RULES:
        complaints += [
            f"rows {tape.rows}: a tape kept {tape.kept_at_end} intermediates to the end"
            for tape in seen.tapes
            if tape.kept_at_end > 0 and not fixture.is_bad and tape.rows[0]
        ]
    return complaints


def _first(fixture: Fixture, expected: Expectation, seen: Observations) -> int | None:
    """When the flagged statement was first executed."""
    first, last = fixture.statement(expected.row)
    return min(
        (seen.executed[row] for row in range(first, last + 1) if row in seen.executed), default=None
    )


def _raises(fixture: Fixture, expected: Expectation, seen: Observations) -> str:
    """An exception came through the flagged statement, or a later step choked on what it gave: on
    None, an operation or a host value, where a tensor was wanted; or the way back through it did."""
    first, last = fixture.statement(expected.row)
    for error in seen.raised:
        if any(first <= row <= last for row in error.rows):
            return ""
    begun = _first(fixture, expected, seen)
    for call in seen.gradients:
        if call.error and begun is not None and call.at > begun and call.target_is_host:
            return ""
    for error in seen.raised:
        choked = CHOKED.search(error.message) or BACKWARD.search(error.message)
        if begun is not None and error.at > begun and choked:
            return ""
    told = [(error.kind, error.rows, error.message[-160:]) for error in seen.raised]
    return f"no exception came through rows {first} to {last}; raised: {told}"


def _outcome(word: str, claim: str) -> Oracle:
    def oracle(fixture: Fixture, expected: Expectation, seen: Observations) -> str:
        begun = _first(fixture, expected, seen)
        if begun is None:
            return "the line was never executed"
        if any(word in call.outcomes and call.at > begun for call in seen.gradients):
            return ""
        if any(one.kind == claim and one.at > begun for one in seen.claims):
            return ""
        return f"no gradient was {word}; seen: {[call.outcomes for call in seen.gradients]}"

    return oracle


def _wrong(fixture: Fixture, expected: Expectation, seen: Observations) -> str:
    begun = _first(fixture, expected, seen)
    if begun is None:
        return "the line was never executed"
    if any(one.kind == "disagrees" and one.at > begun for one in seen.claims):
        return ""
    return "the tail never says `disagrees`"


def _memory(fixture: Fixture, expected: Expectation, seen: Observations) -> str:
    """A tape kept intermediates alive after its last use that nothing else held."""
    first, last = fixture.statement(expected.row)
    holding = [tape for tape in seen.tapes if tape.kept_at_end > 0 or tape.kept_after_use > 0]
    made_here = [tape for tape in seen.tapes if any(first <= row <= last for row in tape.rows)]
    if made_here:
        holding = [tape for tape in holding if tape in made_here]
    elif _first(fixture, expected, seen) is None:
        return "the line was never executed"
    return "" if holding else f"no tape kept anything alive; tapes: {seen.tapes}"


def _slow(fixture: Fixture, expected: Expectation, seen: Observations) -> str:
    """TensorFlow itself says so, or the host waits for the device there again and again."""
    first, last = fixture.statement(expected.row)
    rows = range(first, last + 1)
    if any(row in rows and "less efficient" in text for row, text in seen.warnings):
        return ""
    if sum(seen.conversions.get(row, 0) for row in rows) > 1:
        return ""
    return f"no warning and no repeated wait in rows {first} to {last}: {seen.warnings}"


ORACLES: dict[str, Oracle] = {
    "raises": _raises,
    "gradient-none": _outcome("none", "none"),
    "gradient-zero": _outcome("zero", "zero"),
    "gradient-nan": _outcome("not-finite", "not-finite"),
    "gradient-wrong": _wrong,
    "memory": _memory,
    "slow": _slow,
}
