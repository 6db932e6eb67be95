"""`raises`: the exception that was promised came, at the flagged line or where its value is used."""

from __future__ import annotations

import re

from tflint_grad.verify.observation import Observations, Raised
from tflint_grad.verify.oracles.base import (
    Answer,
    Runs,
    begun,
    confirmed,
    never_ran,
    reached,
    refuted,
    share,
    told,
    unseen,
)
from tflint_grad.verify.question import Question

#: What TensorFlow 2.21, Keras 3.15 and NumPy say for each pitfall: of an exception at the right
#: line, only this is evidence, since arguments that we made up may raise there as well.
SAID: dict[str, str] = {
    "TFG103": r"[Ss]ymbolic|OperatorNotAllowedInGraph|not allowed in Graph|AutoGraph",
    "TFG107": r"maximum_iterations|XLA",
    "TFG201": r"[Ss]ymbolic|NoneType|numpy|loop of ufunc|has no attribute|__array__",
    "TFG202": r"[Ss]ymbolic|NoneType|numpy|has no attribute|only (size-1|length-1|0-dim)|__array__",
    "TFG203": r"[Ss]ymbolic|[Ff]ailed to convert|NoneType|out of scope|singleton|NumPy array"
    r"|non-tensor type|no `len\(\)`",
    "TFG207": r"[Nn]o gradient|gradient registry|Gradient for|LookupError|not differentiable",
    "TFG209": r"NoneType|None|Operation|Unsupported",
    "TFG210": r"XLA|unsupported operations|PrintV2|not compilable",
    "TFG212": r"NoneType|has no attribute|symbolic|ndarray|numpy|IteratorGetNext",
    "TFG301": r"non-persistent",
    "TFG307": r"[Tt]ape|recording",
    "TFG403": r"NoneType|no attribute|unsupported operand|assign|EagerTensor|not supported",
}
#: A later step chokes on what the flagged line gave: None, an operation, a host value.
CHOKED = re.compile(
    r"NoneType|received None|None.*(convert|supported)|numpy\.nd|tf\.Operation|convert Operation"
)
#: On the way back nobody knows the flagged line: only its operation is told, or a wrong shape or type.
BACKWARD = re.compile(
    r"gradient registry has no entry for|No gradient defined for operation"
    r"|Inputs to operation .* of type AddN|In\[[01]\] ndims|Invalid reduction dimension"
    r"|Cannot convert 0.0 to EagerTensor of dtype|EagerPyFunc_grad"
)
#: What arguments of the wrong shape or type raise: no evidence for any pitfall that is not of shapes.
_OF_ARGUMENTS = re.compile(
    r"[Ii]ncompatible shape|Matrix size-incompatible|Dimensions? must be equal|rank|ndim|out of range"
    r"|positional argument|unexpected keyword|not enough values|too many values|is not iterable"
    r"|not callable|Dst tensor|No such file"
)


def oracle(question: Question, runs: Runs) -> Answer:
    ran = reached(question, runs)
    if not ran:
        return never_ran(question, runs)
    found = [(run, error) for run, first in ran if (error := _promised(question, run, first))]
    if found:
        error = found[0][1]
        return confirmed(f"{told(error.kind, error.message)} {share(len(found), len(ran))}")
    for run, _ in ran:
        if (escaped := run.escaped()) is not None:
            return unseen(f"another exception came first: {told(escaped.kind, escaped.message)}")
    if all(_went_on(question, run) for run, _ in ran):
        return refuted(
            f"line {question.flagged.first} ran {share(len(ran), len(runs))}, nothing was raised"
        )
    return unseen(f"line {question.flagged.first} ran, but not what follows it")


def _promised(question: Question, run: Observations, first: int) -> Raised | None:
    said = SAID.get(question.code)
    for error in run.raised:
        text = f"{error.kind}: {error.message}"
        fits = re.search(said, text) if said else not _OF_ARGUMENTS.search(text)
        if fits and any(place in question.flagged for place in error.places):
            return error
        if error.at <= first:
            continue
        at_question = any(place in span for span in question.asked for place in error.places)
        if at_question and (CHOKED.search(text) or (said and re.search(said, text))):
            return error
    for call in run.gradients:
        if call.error and call.last > first and call.target_is_host:
            kind, _, message = call.error.partition(": ")
            return Raised(kind, message, [call.place], call.last, False)
    for error in run.raised:
        if error.at > first and (CHOKED.search(error.message) or BACKWARD.search(error.message)):
            return error
    return None


def _went_on(question: Question, run: Observations) -> bool:
    """What was to raise is behind us: the gradient was asked for, where the finding names a place."""
    if not question.asked:
        first = begun(question, run)
        return first is not None and (
            run.escaped() is None and any(call.last > first for call in run.gradients)
        )
    return any(call.place in span for call in run.gradients for span in question.asked)
