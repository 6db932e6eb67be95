"""Operations that take functions: cond, while_loop, map_fn, scan."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_opaque, call_value
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import Break
from tflint_grad.flow.state import Context
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Data,
    Kind,
    Sequence,
    Value,
)
from tflint_grad.flow.variables import content_dtype

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

Handler = Callable[["Execution", str, Many[Argument], cst.CSTNode], Value]


def stopping(handler: Handler, position: int) -> Handler:
    """With `back_prop=False`, which eager code ignores (TF 2.21), no gradient leaves the graph's loop."""

    def handle(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
        result = handler(x, name, arguments, node)
        entry = argument(arguments, position, "back_prop")
        if entry is None or not x.context.is_graph or x.constant_of(entry.value) is not False:
            return result
        return _stopped(x, result, node)

    return handle


def _stopped(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return replace(content, items=tuple(_stopped(x, item, node) for item in content.items))
    groups = x.groups([content])
    if not groups:
        return content
    dtype = content.dtype if isinstance(content, Data) else ""
    name = text_of(node.func) if isinstance(node, cst.Call) else ""
    operation = f"{name}(…, back_prop=False)"
    return x.break_paths(
        node,
        Break.STOPPED,
        content,
        groups,
        Kind.TENSOR,
        dtype,
        operation=operation,
        qualified="back_prop",
    )


def either_branch(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.cond(pred, true_fn, false_fn)`: either branch, as in an `if`."""
    branches = [argument(arguments, 1, "true_fn"), argument(arguments, 2, "false_fn")]
    functions = [entry.value for entry in branches if entry is not None]
    return _either(x, functions, node)


def _either(x: Execution, functions: Many[Value], node: cst.CSTNode) -> Value:
    results: list[Value] = []
    if not functions:
        return UNKNOWN

    def run(function: Value) -> None:
        results.append(call_value(x, function, [], node))

    x.fork([partial(run, function) for function in functions])
    return join_values(results) if results else UNKNOWN


def switch_case(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    branches = argument(arguments, 1, "branch_fns")
    content = heap.parts(x, branches.value) if branches is not None else []
    functions: list[Value] = []
    for part in content:
        functions.extend(heap.parts(x, part)[1:] if isinstance(part, Sequence) else [part])
    return _either(x, functions, node) if functions else call_opaque(x, arguments, node)


def while_loop(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    condition = argument(arguments, 0, "cond")
    body = argument(arguments, 1, "body")
    variables = argument(arguments, 2, "loop_vars")
    if condition is None or body is None or variables is None:
        return call_opaque(x, arguments, node)
    state: Value = variables.value
    x.frame.loops += 1
    x.frame.graph_control += x.context.is_graph
    decisive: frozenset[int] = frozenset()
    for _ in range(2):
        content = heap.resolved(x, state)
        single = not isinstance(content, Sequence)
        given = [Argument(content)] if single else [Argument(content, star="*")]
        decisive |= frozenset(x.paths(call_value(x, condition.value, given, node)))
        state = call_value(x, body.value, given, node)
    x.frame.loops -= 1
    x.frame.graph_control -= x.context.is_graph
    first = heap.resolved(x, variables.value)
    last = heap.resolved(x, state)
    return _looped(first, last, decisive) if isinstance(last, Sequence) else last


def _looped(first: Value, last: Value, decisive: frozenset[int]) -> Value:
    """What may be known of the first round or the last; the paths are those through the body.

    A counter makes its rounds. Where a source decides on them, there may be none at all, and what
    the body cuts may be alive.
    """
    joined = join_values([first, last])
    if not (isinstance(joined, Sequence) and isinstance(last, Sequence)):
        return joined
    items = tuple(
        replace(both, paths=after.paths)
        if isinstance(both, Data) and isinstance(after, Data) and not decisive & after.paths.keys()
        else both
        for both, after in zip(joined.items, last.items, strict=False)
    )
    return replace(joined, items=items) if len(items) == len(joined.items) else joined


def _element(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return replace(content, items=tuple(_element(x, item, node) for item in content.items))
    return x.operate(node, x.groups((content,)), Kind.TENSOR, content_dtype(x, content))


def vectorized_map(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """Traces its function, which AutoGraph does not convert, also in eager code (TF 2.21).

    No loop is left of it but around Python functions: what else is cut in it gives None, not zeros.
    """
    function, elements = _mapped(arguments)
    if function is None or elements is None:
        return call_opaque(x, arguments, node)
    outside = x.context
    why = "tf.vectorized_map does not convert it"
    x.frame.context = Context("graph", outside.xla, why, vectorized=True)
    x.frame.loops += 1
    result = call_value(x, function.value, [Argument(_element(x, elements.value, node))], node)
    x.frame.loops -= 1
    x.frame.context = outside
    return _stacked(x, result, node)


def _mapped(arguments: Many[Argument]) -> tuple[Argument | None, Argument | None]:
    function = argument(arguments, 0, "fn") or argument(arguments, 0, "f")
    function = function or argument(arguments, 0, "function")
    return function, argument(arguments, 1, "elems") or argument(arguments, 1, "elements")


def map_fn(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function, elements = _mapped(arguments)
    if function is None or elements is None:
        return call_opaque(x, arguments, node)
    x.frame.loops += 1
    x.frame.graph_control += x.context.is_graph
    result = call_value(x, function.value, [Argument(_element(x, elements.value, node))], node)
    x.frame.loops -= 1
    x.frame.graph_control -= x.context.is_graph
    return _stacked(x, result, node)


def _stacked(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return replace(content, items=tuple(_stacked(x, item, node) for item in content.items))
    dtype = content.dtype if isinstance(content, Data) else ""
    # What an unknown function returns for each element may be a structure.
    kind = Kind.TENSOR if x.is_tensor(content) else Kind.UNKNOWN
    return x.operate(node, x.groups((content,)), kind, dtype)


def fold(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    function, elements = argument(arguments, 0, "fn"), argument(arguments, 1, "elems")
    initial = argument(arguments, 2, "initializer")
    if function is None or elements is None:
        return call_opaque(x, arguments, node)
    element = _element(x, elements.value, node)
    state: Value = initial.value if initial is not None else element
    x.frame.loops += 1
    x.frame.graph_control += x.context.is_graph
    for _ in range(2):
        state = call_value(x, function.value, [Argument(state), Argument(element)], node)
    x.frame.loops -= 1
    x.frame.graph_control -= x.context.is_graph
    return _stacked(x, state, node)
