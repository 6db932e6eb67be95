"""One oracle a consequence: was what the finding says seen? They look at plain observations."""

from __future__ import annotations

from tflint_grad.verify.oracles import memory, raises, slow, wrong
from tflint_grad.verify.oracles.base import Answer, Oracle, Runs, unseen
from tflint_grad.verify.oracles.doubts import doubt
from tflint_grad.verify.oracles.gradients import outcome_oracle
from tflint_grad.verify.question import Question
from tflint_grad.verify.verdict import Status

ORACLES: dict[str, Oracle] = {
    "raises": raises.oracle,
    "gradient-none": outcome_oracle("none"),
    "gradient-zero": outcome_oracle("zero"),
    "gradient-nan": outcome_oracle("not-finite"),
    "gradient-wrong": wrong.oracle,
    "memory": memory.oracle,
    "slow": slow.oracle,
}


def judge(question: Question, runs: Runs) -> Answer:
    """What the runs of a scene say about a finding."""
    answer = ORACLES[question.consequence](question, runs)
    if answer.status is Status.REFUTED and (reason := doubt(question, runs)):
        return unseen(reason)
    return answer
