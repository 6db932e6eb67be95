"""When a consequence that did not occur refutes nothing: the scene was not the one that was meant."""

from __future__ import annotations

import re

from tflint_grad.verify.observation import Observations
from tflint_grad.verify.oracles.base import Runs, reached
from tflint_grad.verify.question import Question

#: The finding speaks of a graph.
_STAGED = re.compile(r"\bgraph|\btrac(ed|ing)|symbolic|jit_compile|XLA")
#: Rules whose flagged line cuts the path that a tape records: it must have run under that tape.
_ON_PATH = ("TFG1", "TFG2")
#: Wrong is what was not meant: the tape and the slope agree on what was traced instead.
_OF_MEANING = frozenset({"TFG103", "TFG105", "TFG106"})


def doubt(question: Question, runs: Runs) -> str:
    """Why a refutation would be premature; empty where it stands."""
    ran = [run for run, _ in reached(question, runs)]
    row = question.flagged.first
    if question.consequence == "gradient-wrong" and question.code in _OF_MEANING:
        return "the gradient is right for what was traced; only the author knows what was meant"
    if question.consequence in ("memory", "slow"):
        return ""
    if question.code.startswith(_ON_PATH) and not any(_under(question, run) for run in ran):
        return f"line {row} ran, but not under its tape"
    stages = {stage for run in ran for stage in _stages(question, run)}
    if _STAGED.search(question.message) and stages == {"eager"}:
        return f"line {row} ran, but not in a graph"
    if stages == {"branch"}:
        return f"line {row} is in a branch or loop of a graph: whether that was taken is not known"
    return ""


def _under(question: Question, run: Observations) -> bool:
    tapes = [tape for place in question.flagged.places() for tape in run.under.get(place, ())]
    return any(not question.tapes or any(one in span for span in question.tapes) for one in tapes)


def _stages(question: Question, run: Observations) -> set[str]:
    return {stage for place in question.flagged.places() for stage in run.stages.get(place, ())}
