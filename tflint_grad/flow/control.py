"""Python deciding by a tensor: what is known of a truth value, and what its use shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.bystanders import Bystander
from tflint_grad.flow.events import ControlOnTensor
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NOTHING,
    Choice,
    Class,
    Data,
    DictRef,
    Function,
    Kind,
    Known,
    ListRef,
    Mapped,
    Object,
    Sequence,
    Tape,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

MAX_BYSTANDERS = 400
_ITERATING = frozenset(
    [
        "for",
        "comprehension",
        "unpacking",
        "zip()",
        "enumerate()",
        "map()",
        "filter()",
        "sum()",
        "any()",
        "all()",
        "min()",
        "max()",
    ]
)
#: Constructs whose outcome decides what is computed.
_DECIDING = frozenset(("if", "while", "break", "rounds", "not", "and", "or", "match"))


def truth(x: Execution, value: Value) -> bool | None:
    """Whether a value is true, if that is known."""
    if isinstance(value, Data):
        if value.constant is NOTHING:
            return None
        return bool(value.constant)
    if isinstance(value, (Function, Class, Tape)):
        return True
    if isinstance(value, Known):
        return True if value.name == "typing.TYPE_CHECKING" else None
    if isinstance(value, (Sequence, ListRef, Mapped, DictRef)):
        content = heap.resolved(x, value)
        if isinstance(content, (Sequence, Mapped)):
            if content.items:
                return True
            return (
                False
                if content.rest is None and not isinstance(value, (ListRef, DictRef))
                else None
            )
    if isinstance(value, Choice):
        found = {truth(x, option) for option in value.options}
        return found.pop() if len(found) == 1 else None
    return None


def is_traced_parameter(x: Execution, value: Value) -> bool:
    """A parameter of a tf.function that nobody calls in sight: most likely a tensor."""
    return (
        isinstance(value, Object)
        and value.cls is None
        and x.sources[value.identity].is_parameter
        and x.context.mode == "autograph"
        and x.frame.function is not None
        and x.frame.function.wrapping.graph
    )


def control_on_parameter(
    x: Execution, node: cst.CSTNode, construct: str, subject: cst.CSTNode
) -> None:
    x.events.append(
        ControlOnTensor(x.station(node), x.context, construct, text_of(subject), likely=True)
    )


def control_on(
    x: Execution,
    node: cst.CSTNode,
    construct: str,
    value: Value,
    subject: cst.CSTNode,
    converted: bool = True,
) -> None:
    """Python looks at the truth or the elements of a value.

    `converted`: AutoGraph rewrites this construct (`if`, `while`, `for`, `and` …). Where it does not
    run, or for what it does not rewrite, TensorFlow raises OperatorNotAllowedInGraphError.
    """
    context = x.context
    is_tuple = isinstance(value, Data) and x.may_be_tuple(value)
    if construct in _ITERATING and (x.frame.forks or is_tuple):
        return  # in a branch on a flag the value may be what the flag says: a list
    if x.is_symbolic(value) and context.is_graph and (context.mode == "graph" or not converted):
        if x.doubts:
            return
        x.events.append(ControlOnTensor(x.station(node), context, construct, text_of(subject)))
        return
    if construct not in _DECIDING or not isinstance(value, Data):
        return
    if construct != "rounds" and value.kind in (Kind.HOST, Kind.NDARRAY):
        return
    paths = x.paths(value)
    if paths and len(x.bystanders) < MAX_BYSTANDERS:
        what = construct if construct in ("while", "break", "rounds") else "if"
        bystander = Bystander(
            what, text_of(subject), paths, x.station(node), context, x.frame.loops > 0
        )
        x.bystanders.append(bystander)
