"""`gradient-wrong`: the tape's gradient against central differences (`numeric` measures them)."""

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

INTENDED = frozenset({"agrees", "intended", "intended-none"})


def oracle(question: Question, runs: Runs) -> Answer:
    ran = reached(question, runs)
    if not ran:
        return never_ran(question, runs)
    said = [claim for run, first in ran for claim in run.claims if claim.at > first]
    if question.asked:
        said = [
            claim
            for claim in said
            if not claim.place[1]
            or any(claim.place in span for span in question.asked)
            or claim.place[0] not in {span.file for span in question.asked}
        ] or said
    wrong = [claim for claim in said if claim.kind == "disagrees"]
    if wrong:
        return confirmed(wrong[0].reason or "the gradient is not the slope")
    if any(claim.kind == "agrees" for claim in said):
        right = next(claim for claim in said if claim.kind == "agrees")
        return refuted(right.reason or "the gradient agrees with central differences")
    reasons = [claim.reason for claim in said if claim.kind == "unmeasured"]
    return unseen(reasons[0] if reasons else "the gradient could not be measured numerically")
