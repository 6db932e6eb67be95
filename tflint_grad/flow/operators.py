"""Operators and subscripts on values."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import attributes, heap, registries
from tflint_grad.flow.calls import call_value
from tflint_grad.flow.coefficients import combine_roles
from tflint_grad.flow.iteration import element_of
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import Break
from tflint_grad.flow.recording import piecewise_constant
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    Function,
    Kind,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Value,
    constant,
)
from tflint_grad.knowledge import operations

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

_FOLDABLE: dict[type, Any] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Modulo: operator.mod,
    cst.FloorDivide: operator.floordiv,
    cst.Divide: operator.truediv,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
}
_DUNDERS = {
    "+": "__add__",
    "-": "__sub__",
    "*": "__mul__",
    "/": "__truediv__",
    "//": "__floordiv__",
    "%": "__mod__",
    "**": "__pow__",
    "@": "__matmul__",
}
_SMALL = (int, float, bool, str)


def binary(x: Execution, node: cst.CSTNode, symbol: str, left: Value, right: Value) -> Value:
    """The result of a binary operator on two values."""
    left, right = attributes.materialise(x, left), attributes.materialise(x, right)
    if isinstance(left, Parameters) and isinstance(right, Parameters) and symbol == "+":
        return Parameters((*left.owners, *right.owners), left.which)
    if symbol == "+":
        joined = concatenated(x, left, right)
        if joined is not None:
            return joined
    if isinstance(left, Object) and isinstance(left.cls, Class) and symbol in _DUNDERS:
        method = attributes.find_in_class(x, left.cls, _DUNDERS[symbol])
        if isinstance(method, Function):
            bound = attributes.read_attribute(x, left, _DUNDERS[symbol], node)
            return call_value(x, bound, [Argument(right)], node)
    groups = combine_roles(x, symbol, left, right)
    kinds = [x.kind_of(value) for value in (left, right)]
    dtype = _arithmetic_dtype(left, right, symbol)
    if Kind.TENSOR in kinds or Kind.VARIABLE in kinds:
        kind = Kind.TENSOR
    elif all(kind is Kind.HOST for kind in kinds):
        kind = Kind.HOST
    elif all(kind in (Kind.HOST, Kind.NDARRAY) for kind in kinds):
        kind = Kind.NDARRAY
    else:
        kind = Kind.UNKNOWN
    if kind in (Kind.HOST, Kind.NDARRAY):
        paths = x.operate(node, groups).paths
        return Data(kind, piecewise_constant(paths) if symbol == "//" else paths, dtype)
    fact = operations.operator(symbol)
    if fact is not None and fact.gradient is operations.Gradient.NONE and groups:
        return x.break_paths(
            node, Break.NO_GRADIENT, left, groups, kind, dtype, text_of(node), qualified=symbol
        )
    return x.operate(node, groups, kind, dtype)


def _arithmetic_dtype(left: Value, right: Value, symbol: str) -> str:
    """Say integer only where all operands are known to be (LESSONS: anything else alarms)."""
    dtypes = [value.dtype if isinstance(value, Data) else "" for value in (left, right)]
    if "float" in dtypes:
        return "float"
    if dtypes == ["int", "int"]:
        return "float" if symbol == "/" else "int"
    if "complex" in dtypes:
        return "complex"
    return dtypes[0] if dtypes[0] == dtypes[1] else ""


def concatenated(x: Execution, left: Value, right: Value) -> Value | None:
    """The sum of two lists, one of which may be the variables that a model owns."""
    first, second = _listed(x, left), _listed(x, right)
    if first is None or second is None:
        return None
    for one, other in ((left, second), (right, first)):
        if isinstance(one, Parameters) and not other.items and other.rest is None:
            return one
    if first.rest is None:
        items = Sequence((*first.items, *second.items), second.rest, first.kind)
    else:
        values = [first.rest, *second.items]
        if second.rest is not None:
            values.append(second.rest)
        items = Sequence(first.items, join_values(values), first.kind)
    return heap.new_list(x, items) if first.kind == "list" else items


def _listed(x: Execution, value: Value) -> Sequence | None:
    """A list or tuple, the variables of models, or one of several of those, as one sequence."""
    content = heap.resolved(x, value)
    match content:
        case Sequence():
            return content
        case Parameters():
            elements = [
                Object(x.element_of_parameters(owner, f".{content.which}[*]"))
                for owner in content.owners
            ]
            return Sequence((), join_values(elements), "list")
        case Choice():
            found = [_listed(x, option) for option in content.options]
            lists = [option for option in found if option is not None]
            parts = [part for option in lists for part in heap.parts(x, option)]
            if len(lists) < len(found):
                return None
            return Sequence((), join_values(parts) if parts else None, "list")
        case _:
            return None


def fold(operation: cst.CSTNode, left: Value, right: Value) -> Value | None:
    if not (isinstance(left, Data) and isinstance(right, Data)):
        return None
    a, b = left.constant, right.constant
    if not isinstance(a, _SMALL) or not isinstance(b, _SMALL):
        return None
    function = _FOLDABLE.get(type(operation))
    if function is None or (isinstance(a, str) != isinstance(b, str)):
        return None
    if isinstance(a, str) and not isinstance(operation, (cst.Equal, cst.NotEqual, cst.Add)):
        return None
    if not isinstance(a, str) and (abs(a) > 1e9 or abs(b) > 1e9):  # type: ignore[arg-type]
        return None
    try:
        return constant(function(a, b))
    except (ArithmeticError, TypeError, ValueError):
        return None


def subscript(
    x: Execution, node: cst.CSTNode, receiver: Value, index: Value, single: bool
) -> Value:
    """What `receiver[index]` is."""
    key = x.constant_of(index)
    registries.look_up(x, receiver, key)
    content = heap.resolved(x, receiver)
    match content:
        case Sequence():
            if isinstance(key, int) and single:
                if content.rest is None and -len(content.items) <= key < len(content.items):
                    return content.items[key]
                if 0 <= key < len(content.items):
                    return content.items[key]
            values = heap.parts(x, content)
            if not single:
                if not values:
                    return content
                return Sequence((), join_values(values), content.kind)
            return join_values(values) if values else UNKNOWN
        case Mapped():
            if isinstance(key, (str, int)) and key in content.items:
                return content.items[key]
            values = heap.parts(x, content)
            return join_values(values) if values else UNKNOWN
        case Choice():
            return join_values([subscript(x, node, o, index, single) for o in content.options])
        case Parameters():
            if not single:
                return content
            step = f"[{key}]" if isinstance(key, (int, str)) else "[*]"
            return Object(x.element_of_parameters(content.owners[0], f".{content.which}{step}"))
        case Object():
            if isinstance(content.cls, Class):
                method = attributes.find_in_class(x, content.cls, "__getitem__")
                if isinstance(method, Function):
                    bound = attributes.read_attribute(x, content, "__getitem__", node)
                    return call_value(x, bound, [Argument(index)], node)
            stored = x.store.get(("item", content.identity, key)) if _is_key(key) else None
            if stored is not None:
                found: Value = stored
                return found
            step = f"[{key!r}]" if _is_key(key) else "[*]"
            return Object(x.child(content.identity, step))
        case Data():
            return element_of(x, content, node)
        case _:
            return x.opaque(node, x.groups((content,)))


def _is_key(key: Any) -> bool:
    return isinstance(key, (str, int))
