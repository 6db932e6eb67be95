"""`memory`: what a tape kept alive after its last use, and would not have had it let go."""

from __future__ import annotations

from tflint_grad.verify.observation import Observations, TapeLife
from tflint_grad.verify.oracles.base import Answer, Runs, confirmed, never_ran, refuted, unseen
from tflint_grad.verify.question import Question


def oracle(question: Question, runs: Runs) -> Answer:
    lives = [(run, life) for run in runs for life in run.tapes if _is_meant(question, life)]
    if not lives:
        return never_ran(question, runs)
    eager = [(run, life) for run, life in lives if not life.in_graph]
    if not eager:
        return unseen("the tape lives while a graph is traced only, where nothing is held")
    most = max(
        (life for _, life in eager), key=lambda life: (life.kept_at_end, life.kept_after_use)
    )
    if most.kept_at_end > 0:
        held = _values(most.kept_at_end, most.bytes_kept)
        return confirmed(f"the tape was alive at the end of the run and held {held}")
    if most.kept_after_use > 0:
        held = _values(most.kept_after_use, most.bytes_kept)
        return confirmed(f"the tape held {held} after its last use")
    finished = [life for run, life in eager if run.escaped() is None and life.recorded]
    if any(life.entangled for life in finished):
        return unseen(
            "the tape died in a cycle of references, and values with it when garbage was collected:"
            " whether it held them is not known; --verify without a command measures it"
        )
    if any(life.compared for life in finished):
        return refuted("the tape held nothing after its last use")
    if finished:
        return unseen("what the tape held after its last use was not measured")
    return unseen("the tape recorded nothing in this run")


def _is_meant(question: Question, life: TapeLife) -> bool:
    spans = question.tapes or (question.flagged,)
    return any(place in span for place in life.places for span in (*spans, question.flagged))


def _values(count: int, size: int) -> str:
    told = f"{count} intermediate value{'s' if count > 1 else ''}"
    return f"{told} ({_spoken(size)} by the device's allocator)" if size > 0 else told


def _spoken(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def kept(run: Observations, forgetful: Observations) -> None:
    """Fill `kept_after_use` from a second run whose tapes forgot after their last use."""
    for life, other in zip(run.tapes, forgetful.tapes, strict=False):
        life.kept_after_use = max(life.alive_after_use - other.alive_after_use, 0)
        life.compared = True
        if life.bytes_after_use is not None and other.bytes_after_use is not None:
            held = life.bytes_after_use - other.bytes_after_use
            life.bytes_kept = max(life.bytes_kept, held)
