"""`slow`: counted - waits for the device, traces, operations recorded for nothing."""

from __future__ import annotations

from tflint_grad.verify.oracles.base import (
    Answer,
    Runs,
    confirmed,
    never_ran,
    reached,
    refuted,
    unseen,
)
from tflint_grad.verify.question import Question


def oracle(question: Question, runs: Runs) -> Answer:
    ran = reached(question, runs)
    if not ran:
        return never_ran(question, runs)
    best = [count for count in (_count(question, runs)) if count]
    if best:
        clock = [
            claim.reason
            for run, _ in ran
            for claim in run.claims
            if claim.kind == "timed" and claim.place in question.flagged
        ]
        return confirmed("; ".join([*best, *clock]))
    if all(run.escaped() is not None for run, _ in ran):
        return unseen("the run ended early")
    if question.code == "TFG304" and any(_asked_of_tape(question, run) for run, _ in ran):
        return refuted("no backward operation was recorded")
    return unseen("counted once only: it takes a loop to be slow")


def _count(question: Question, runs: Runs) -> list[str]:
    said: list[str] = []
    places = question.flagged.places()
    for run in runs:
        recorded = sum(
            life.recorded_by_gradients
            for life in run.tapes
            if life.persistent
            and any(one in span for one in life.places for span in question.tapes)
        )
        if question.code == "TFG304" and recorded:
            said.append(f"the tape recorded {recorded} operations of its own backward pass")
        elif any(
            place in question.flagged and "less efficient" in text for place, text in run.warnings
        ):
            said.append(
                "TensorFlow warns there: calling gradient inside the context is less efficient"
            )
        waits = sum(run.conversions.get(place, 0) for place in places)
        if waits > 1 and question.code != "TFG304":
            said.append(f"the host waited {waits} times for the device there")
        traces = sum(
            count for name, count in run.traces.items() if _split(name) in question.flagged
        )
        if traces > 1 and question.code.startswith("TFG8"):
            said.append(f"traced {traces} times")
        if said:
            break
    return said


def _asked_of_tape(question: Question, run: object) -> bool:
    calls = getattr(run, "gradients", [])
    return any(one in span for call in calls for one in call.tapes for span in question.tapes)


def _split(name: str) -> tuple[str, int]:
    file, _, row = name.rpartition(":")
    return (file, int(row))
