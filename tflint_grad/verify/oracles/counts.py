"""How often a gradient call gave what: a program that runs once may ask many times."""

from __future__ import annotations

from tflint_grad.verify.oracles.base import Runs, asked, reached
from tflint_grad.verify.question import Question
from tflint_grad.verify.sources import relevant
from tflint_grad.verify.verdict import Status

WORDS = {"gradient-none": "none", "gradient-zero": "zero", "gradient-nan": "not-finite"}
SPOKEN = {"none": "None", "zero": "zero", "not-finite": "NaN or infinite", "finite": "finite"}


def in_calls(question: Question, status: Status, runs: Runs) -> str:
    """The evidence of a verdict in calls; empty where it rests on something else."""
    word = WORDS.get(question.consequence)
    if word is None or status is Status.INCONCLUSIVE:
        return ""
    counted: dict[str, int] = {}
    for run, first in reached(question, runs):
        for call in asked(question, run, first):
            words = {
                call.outcomes[index]
                for index in relevant(question.source, call.place, len(call.outcomes))
            }
            if words and "symbolic" not in words:
                kind = word if word in words else min(words)
                counted[kind] = counted.get(kind, 0) + call.count
    told = {word} if status is Status.CONFIRMED else counted.keys() - {word}
    count, total = sum(counted.get(kind, 0) for kind in told), sum(counted.values())
    if not count:
        return ""
    spoken = " or ".join(SPOKEN[kind] for kind in sorted(told))
    return f"{question.about} was {spoken} {of_calls(count, total)}"


def of_calls(count: int, total: int) -> str:
    """`in 3 of 5 calls`."""
    return f"in {count} of {total} calls" if total > 1 else "in its only call"
