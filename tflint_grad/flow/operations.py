"""Operations that TensorFlow was measured on: what comes out, and which paths go through."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument, node_of
from tflint_grad.flow.calls import run_callback
from tflint_grad.flow.coefficients import compared, takes_difference, weighed
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.host import to_host
from tflint_grad.flow.paths import Break, Paths
from tflint_grad.flow.prints import asserted, printed
from tflint_grad.flow.values import (
    STATIC,
    UNKNOWN,
    Argument,
    Data,
    Kind,
    Known,
    Sequence,
    Value,
)
from tflint_grad.knowledge.operations import LIST_AMONG, LISTS, Gradient, OpFact

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


def call_operation(
    x: Execution, name: str, fact: OpFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """An operation that TensorFlow was measured on."""
    made = [result for entry in arguments for result in run_callback(x, entry.value, node)]
    carried: list[Value] = []
    detached: list[Value] = []
    position = 0
    for entry in arguments:
        key: str | int
        if entry.keyword is not None:
            key = entry.keyword
        else:
            key = position
            position += 1
        (carried if fact.carries(key) or entry.star else detached).append(entry.value)
    if _hands_on(x, name, arguments):
        return arguments[0].value
    groups = x.groups([*carried, *made])
    if name == "tensorflow.multiply":
        groups = weighed(groups)
    elif takes_difference(name):
        groups = compared(groups)
    dtype = _result_dtype(x, fact, arguments)
    fact = _as_asked(x, name, fact, arguments)
    if name.rsplit(".", 1)[-1] in _INDEPENDENT:
        return x.operate(node, [], Kind.TENSOR, dtype)
    match fact.kind:
        case "static":
            return STATIC
        case "context":
            return UNKNOWN
        case "print":
            return printed(x, name, arguments, node)
        case "assert":
            return asserted(x, arguments, node)
        case "host":
            return to_host(x, name, fact, arguments, node)
        case "state":
            return x.operate(node, groups, Kind.TENSOR)
        case _:
            pass
    if fact.outputs is not None:
        several = _several(x, name, fact, arguments, groups, node)
        results = [_with_detached(x, one, detached, node, name) for one in several]
        listed: list[Value] = [*results]
        if (place := LIST_AMONG.get(name)) is not None:
            listed[place] = heap.new_list(x, Sequence((), results[place], "list"))
        return Sequence(tuple(listed))
    result = _result(x, name, fact.gradient, arguments, groups, dtype, node)
    if name.rpartition(".")[2] in LISTS:
        return heap.new_list(x, Sequence((), result, "list"))
    return _with_detached(x, result, detached, node, name)


#: TF 2.21: of a tensor these return the very object, in no operation.
_CONVERTERS = frozenset(("tensorflow.convert_to_tensor", "keras.ops.convert_to_tensor"))


def _hands_on(x: Execution, name: str, arguments: Many[Argument]) -> bool:
    if not arguments or arguments[0].keyword is not None or arguments[0].star:
        return False
    value = arguments[0].value
    return name in _CONVERTERS and isinstance(value, Data) and value.kind is Kind.TENSOR


def _as_asked(x: Execution, name: str, fact: OpFact, arguments: Many[Argument]) -> OpFact:
    """The fact for this call, where an argument decides what the gradient is."""
    if name == "tensorflow.image.resize":
        method = argument(arguments, 2, "method")
        if method is not None and _is_area(x, method.value):
            return replace(fact, gradient=Gradient.UNREGISTERED)  # TF 2.21: ResizeArea has none
    return fact


def _is_area(x: Execution, method: Value) -> bool:
    if isinstance(method, Known):
        return method.name.endswith("ResizeMethod.AREA")
    return bool(x.constant_of(method) == "area")


#: What they return depends on the shape of the argument only: no path, and nothing cut.
_INDEPENDENT = frozenset(
    ("zeros_like", "ones_like", "full_like", "shape", "shape_n", "size", "rank", "zeros", "ones")
)


def _with_detached(
    x: Execution,
    result: Data,
    detached: Many[Value],
    node: cst.CSTNode,
    name: str,
) -> Data:
    """What comes in by an index, a shape or a condition comes out without its gradient."""
    groups = x.groups(detached)
    if not groups:
        return result
    cut = x.break_paths(node, Break.NO_GRADIENT, UNKNOWN, groups, Kind.TENSOR, qualified=name)
    return replace(result, paths={**cut.paths, **result.paths})


BREAKS = {
    Gradient.NONE: Break.NO_GRADIENT,
    Gradient.ZERO: Break.ZERO_GRADIENT,
    Gradient.UNREGISTERED: Break.UNREGISTERED,
    Gradient.FAILS: Break.UNREGISTERED,
}


def _result(
    x: Execution,
    name: str,
    gradient: Gradient,
    arguments: Many[Argument],
    groups: list[Paths],
    dtype: str,
    node: cst.CSTNode,
) -> Data:
    if gradient is Gradient.FLOWS or not groups:
        return x.operate(node, groups, Kind.TENSOR, dtype)
    kind = BREAKS[gradient]
    # `tf.math.bincount(ids, weights=x)`: what brings the path is not always the first argument.
    carriers = [entry for entry in arguments if x.paths(entry.value)] or [*arguments]
    first = carriers[0].value if carriers else UNKNOWN
    operand = first.dtype if isinstance(first, Data) else ""
    if kind is not Break.NO_GRADIENT and {dtype, operand} & {"int", "bool", "string"}:
        kind = Break.NO_GRADIENT  # of integers nobody asks for a gradient
    return x.break_paths(
        node,
        kind,
        first,
        groups,
        Kind.TENSOR,
        dtype,
        operand_node=node_of(carriers),
        qualified=name,
    )


def _several(
    x: Execution,
    name: str,
    fact: OpFact,
    arguments: Many[Argument],
    groups: list[Paths],
    node: cst.CSTNode,
) -> list[Data]:
    assert fact.outputs is not None
    dtypes = fact.output_dtypes or ("",) * len(fact.outputs)
    return [
        _result(x, name, gradient, arguments, groups, dtype if dtype != "same" else "", node)
        for gradient, dtype in zip(fact.outputs, dtypes, strict=False)
    ]


def _result_dtype(x: Execution, fact: OpFact, arguments: Many[Argument]) -> str:
    if fact.dtype in ("float", "int", "bool", "string", "complex"):
        return fact.dtype
    if fact.dtype in ("same", "cast", "any"):
        asked = argument(arguments, 99, "dtype")
        if asked is not None:
            return dtype_of(x, asked.value)
    if fact.dtype == "same":
        dtypes = {
            value.dtype
            for value in (entry.value for entry in arguments)
            if isinstance(value, Data) and value.kind in (Kind.TENSOR, Kind.VARIABLE)
        }
        if len(dtypes) == 1 and all(
            isinstance(entry.value, Data) and entry.value.kind is not Kind.UNKNOWN
            for entry in arguments
        ):
            return dtypes.pop()
        if "float" in dtypes:
            return "float"
    return ""


def stop(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    groups = x.groups(entry.value for entry in arguments)
    value = arguments[0].value if arguments else UNKNOWN
    if not groups:
        return x.operate(node, [], Kind.TENSOR)
    dtype = value.dtype if isinstance(value, Data) else ""
    return x.break_paths(
        node, Break.STOPPED, value, groups, Kind.TENSOR, dtype, operand_node=node_of(arguments)
    )
