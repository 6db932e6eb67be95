"""Casts, constants and variables: values that are made, or made anew."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_opaque
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.host import holds_symbolic, host_use
from tflint_grad.flow.paths import LEAF, NO_PATHS, Break, Paths
from tflint_grad.flow.recording import is_watched
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import (
    Argument,
    Data,
    Function,
    Kind,
    Object,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


def cast(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    index = {"tensorflow.image.convert_image_dtype": 1, "tensorflow.bitcast": 1}.get(name, 1)
    value, dtype = argument(arguments, 0, "x"), argument(arguments, index, "dtype")
    if value is None:
        value = argument(arguments, 0, "image") or argument(arguments, 0, "value")
        value = value or argument(arguments, 0, "input")
    if dtype is None:
        dtype = argument(arguments, 1, "type")
    if value is None:
        return call_opaque(x, arguments, node)
    meaning = dtype_of(x, dtype.value) if dtype is not None else ""
    groups = x.groups((value.value,))
    if meaning in ("int", "bool", "string") and groups:
        return x.break_paths(
            node,
            Break.INTEGER_CAST,
            value.value,
            groups,
            Kind.TENSOR,
            meaning,
            operand_node=value.place.node if value.place is not None else None,
            qualified=name,
        )
    return x.operate(node, groups, Kind.TENSOR, meaning)


def named_cast(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.compat.v1.to_int32(x)` and its like."""
    meaning = "int" if "int" in name else "float"
    groups = x.groups(entry.value for entry in arguments)
    if meaning == "int" and groups:
        first = arguments[0]
        return x.break_paths(
            node, Break.INTEGER_CAST, first.value, groups, Kind.TENSOR, "int", qualified=name
        )
    return x.operate(node, groups, Kind.TENSOR, meaning)


def make_constant(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`tf.constant`: in eager code a tensor passes, a variable does not (TF 2.21)."""
    value = argument(arguments, 0, "value")
    if value is None:
        return call_opaque(x, arguments, node)
    dtype = argument(arguments, 1, "dtype")
    meaning = dtype_of(x, dtype.value) if dtype is not None else content_dtype(x, value.value)
    groups = x.groups((value.value,))
    is_variable = isinstance(value.value, Data) and value.value.kind is Kind.VARIABLE
    if is_variable and groups:
        return x.break_paths(
            node,
            Break.REWRAP,
            value.value,
            groups,
            Kind.TENSOR,
            meaning,
            operand_node=value.place.node if value.place is not None else None,
            qualified=name,
        )
    holds_tensors = any(x.is_tensor(p) and not x.is_symbolic(p) for p in _all_parts(x, value.value))
    if holds_tensors or (holds_symbolic(x, value.value) and x.context.is_graph):
        # TF 2.21: tf.constant([t, t]) raises ValueError, in a graph TypeError.
        host_use(x, node, name, value, Break.REWRAP)
    elif isinstance(value.value, Data) and value.value.kind is Kind.TENSOR:
        return value.value  # the very tensor, in no operation
    return x.operate(node, groups, Kind.TENSOR, meaning)


def _all_parts(x: Execution, value: Value, depth: int = 0) -> list[Value]:
    parts = heap.parts(x, value)
    if depth < 3:
        parts = [inner for part in parts for inner in (part, *_all_parts(x, part, depth + 1))]
    return parts


def content_dtype(x: Execution, value: Value) -> str:
    if isinstance(value, Data):
        return value.dtype
    dtypes = {content_dtype(x, part) for part in heap.parts(x, value)}
    if dtypes and dtypes <= {"int", "float"}:
        return "float" if "float" in dtypes else "int"
    return dtypes.pop() if len(dtypes) == 1 else ""


#: Until it is bound to a name.
UNNAMED = "variable"


def make_variable(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    initial = argument(arguments, 0, "initial_value") or argument(arguments, 0, "initializer")
    trainable = argument(arguments, 1, "trainable")
    if name == "keras.Variable":
        trainable = argument(arguments, 3, "trainable")
    dtype = (
        argument(arguments, 6, "dtype")
        if name != "keras.Variable"
        else argument(arguments, 2, "dtype")
    )
    frozen = trainable is not None and x.constant_of(trainable.value) is False
    unclear = trainable is not None and not isinstance(x.constant_of(trainable.value), bool)
    kind = SourceKind.FROZEN if frozen else SourceKind.OBJECT if unclear else SourceKind.VARIABLE
    meaning = dtype_of(x, dtype.value) if dtype is not None else ""
    paths: Paths = NO_PATHS
    if initial is not None:
        meaning = meaning or content_dtype(x, initial.value)
        groups = [g for g in x.groups((initial.value,)) if g]
        live = {s: p for g in groups for s, p in g.items()}
        is_unclear = isinstance(initial.value, Object) and not is_watched(x, initial.value)
        if live and not is_unclear and not isinstance(initial.value, Function):
            broken = x.break_paths(
                node,
                Break.REWRAP,
                initial.value,
                groups,
                Kind.TENSOR,
                operand_node=initial.place.node if initial.place is not None else None,
                qualified=name,
                # TF 2.21: ValueError, unless it is made on the first call only: under some `if`.
                symbolic=x.context.is_graph and not x.frame.branches,
            )
            paths = broken.paths
    identity = x.new_source(kind, UNNAMED, x.station(node))
    x.sources[identity].is_keras = name == "keras.Variable"
    return Data(Kind.VARIABLE, {**paths, identity: LEAF}, meaning, identity)


def new_variable(x: Execution, node: cst.CSTNode, name: str, trainable: bool, dtype: str) -> Data:
    kind = SourceKind.VARIABLE if trainable else SourceKind.FROZEN
    identity = x.new_source(kind, name, x.station(node))
    return Data(Kind.VARIABLE, {identity: LEAF}, dtype, identity)
