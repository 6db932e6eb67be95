"""Functions on structures of tensors: tf.nest, and lists that are clipped together."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_opaque, call_value
from tflint_grad.flow.iteration import rounds
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.operators import concatenated
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Data,
    Kind,
    Mapped,
    Parameters,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


def nest_map(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    plain = [entry.value for entry in arguments if entry.keyword is None]
    if len(plain) < 2:
        return call_opaque(x, arguments, node)
    return _mapped(x, plain[0], plain[1:], node)


def _mapped(x: Execution, function: Value, structures: Many[Value], node: cst.CSTNode) -> Value:
    contents = [heap.resolved(x, structure) for structure in structures]
    first = contents[0]
    if isinstance(first, Sequence) and all(isinstance(c, Sequence) for c in contents):
        lengths = {len(c.items) for c in contents if isinstance(c, Sequence)}
        if len(lengths) == 1:
            items = tuple(
                _mapped(x, function, row, node)
                for row in zip(*(c.items for c in contents if isinstance(c, Sequence)), strict=True)
            )
            rest = None
            if first.rest is not None:
                rest = call_value(x, function, [Argument(first.rest)] * len(contents), node)
            result = Sequence(items, rest, first.kind)
            return heap.new_list(x, result) if first.kind == "list" else result
    if isinstance(first, Mapped):
        values = {k: _mapped(x, function, [v], node) for k, v in first.items.items()}
        return heap.new_dict(x, Mapped(values))
    return call_value(x, function, [Argument(content) for content in contents], node)


def clip_by_global_norm(
    x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A list of clipped tensors, in the order of the argument, and their norm."""
    listed = argument(arguments, 0, "t_list")
    if listed is None:
        return call_opaque(x, arguments, node)
    content = heap.resolved(x, listed.value)
    norm = x.operate(node, x.groups((listed.value,)), Kind.TENSOR, "float")
    if isinstance(content, Sequence):
        items = tuple(x.operate(node, x.groups((item,)), Kind.TENSOR) for item in content.items)
        rest = None
        if content.rest is not None:
            rest = x.operate(node, x.groups((content.rest,)), Kind.TENSOR)
        clipped = Sequence(items, rest, "list")
    else:
        clipped = Sequence((), x.operate(node, x.groups((content,)), Kind.TENSOR), "list")
    return Sequence((heap.new_list(x, clipped), norm))


def chained(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`itertools.chain(a, b)`, `chain.from_iterable((a, b))`: what they hold, one after the other."""
    parts = [entry.value for entry in arguments]
    if name.endswith("from_iterable") and parts:
        parts = rounds(x, parts[0], node).values
    total: Value | None = Sequence()
    for part in parts:
        total = concatenated(x, total, part) if total is not None else None
    return total if total is not None else x.opaque(node, x.groups(parts))


def nest_flatten(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    if not arguments:
        return UNKNOWN
    found = _leaves(x, arguments[0].value)
    if len(found) == 1 and isinstance(found[0], (Parameters, Sequence)):
        return found[0]
    if any(isinstance(leaf, (Parameters, Sequence)) for leaf in found):
        return Sequence((), join_values(found), "list")
    return heap.new_list(x, Sequence(tuple(found), None, "list"))


def _leaves(x: Execution, value: Value) -> list[Value]:
    content = heap.resolved(x, value)
    if isinstance(content, (Sequence, Mapped)):
        if content.rest is not None:
            return [Sequence((), join_values(heap.parts(x, content)), "list")]
        return [leaf for part in heap.parts(x, content) for leaf in _leaves(x, part)]
    return [content]


def static_shape(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`keras.ops.shape(x)` is a tuple of numbers."""
    return Sequence((), Data(Kind.HOST, dtype="int"))


def nest_pack(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    flat = argument(arguments, 1, "flat_sequence")
    return flat.value if flat is not None else UNKNOWN
