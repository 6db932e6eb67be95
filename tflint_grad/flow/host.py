"""Calls that leave TensorFlow: host libraries, conversions, and arrays that are filled."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument, node_of
from tflint_grad.flow.calls import adopting_object, run_callback
from tflint_grad.flow.coefficients import conversion
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.events import HostUse
from tflint_grad.flow.paths import NO_PATHS, Break, Cause, Conversion, Station
from tflint_grad.flow.recording import is_watched, piecewise_constant
from tflint_grad.flow.syntax import walk
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    STATIC,
    UNKNOWN,
    Argument,
    Data,
    Kind,
    Known,
    Object,
    Value,
)
from tflint_grad.knowledge.host import RAISE_IN_GRAPH, HostFact
from tflint_grad.knowledge.operations import OpFact

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


_MAKE_FUNCTIONS = frozenset(("numpy.vectorize", "numpy.frompyfunc"))


def call_host(
    x: Execution, name: str, fact: HostFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A function of NumPy, SciPy, math or another library that computes outside TensorFlow."""
    if name in _MAKE_FUNCTIONS and not x.groups(entry.value for entry in arguments):
        return Known(name)  # the function that comes back computes on the host as well
    for entry in arguments:
        run_callback(x, entry.value, node)
    if fact.kind in ("static", "context"):
        return STATIC if fact.kind == "static" else UNKNOWN
    result = Kind.HOST if fact.result in ("number", "bool", "string", "none") else Kind.NDARRAY
    dtype = {"bool": "bool", "string": "string"}.get(fact.result, "")
    values = [entry.value for entry in arguments]
    groups = x.groups(values)
    symbolic = next((e for e in arguments if holds_symbolic(x, e.value)), None)
    kind = Break.HOST_CONVERSION if fact.kind == "conversion" else Break.HOST_CALL
    if symbolic is not None and not fact.in_graph and fact.kind != "passes":
        host_use(x, node, name, symbolic, kind)
    if fact.kind == "passes":
        return x.operate(node, groups, Kind.UNKNOWN)
    if fact.kind in ("creation", "constant", "predicate", "sink"):
        return Data(result, dtype=dtype)
    if not groups:
        return Data(result, dtype=dtype)
    if fact.kind == "conversion" and _holds_objects(x, name, arguments):
        return adopting_object(x, values, text_of(node), None, node)
    carrier = _carrier_node(x, arguments)
    converted = conversion(x, carrier)
    if kind is Break.HOST_CALL:  # what is computed from a sum or a difference is none
        converted = Conversion(converted.identity)
    broken = x.break_paths(
        node,
        kind,
        values[0],
        groups,
        result,
        dtype,
        operation=text_of(node),
        operand_node=carrier,
        converted=converted,
        qualified=name,
        symbolic=symbolic is not None,
    )
    blamed = _blamed(x, broken, kind, node, name, arguments)
    makes_integers = fact.kind == "conversion" and _dtype(x, name, arguments) in ("int", "bool")
    if fact.is_piecewise_constant or makes_integers:
        return replace(blamed, paths=piecewise_constant(blamed.paths))
    return blamed


def _blamed(
    x: Execution,
    data: Data,
    kind: Break,
    node: cst.CSTNode,
    name: str,
    arguments: Many[Argument],
) -> Data:
    """`np.exp(x.numpy())`: the conversion serves the host computation, which is what has to change.

    In a statement of its own, `a = x.numpy()`, it is the line that cuts.
    """
    if kind is not Break.HOST_CALL:
        return data
    station = x.station(node)
    paths = {}
    for source, path in data.paths.items():
        cut = path.cut
        if (
            cut is not None
            and cut.kind is Break.HOST_CONVERSION
            and not cut.symbolic
            and _happens_in(cut.station, node)
        ):
            operand = _carrier_node(x, arguments)
            cause = replace(
                cut,
                kind=Break.HOST_CALL,
                station=station,
                operation=text_of(node),
                operand=text_of(operand) if operand is not None else cut.operand,
                qualified=name,
            )
            path = replace(path, cut=cause)
        paths[source] = path
    return replace(data, paths=paths)


def _happens_in(station: Station, node: cst.CSTNode) -> bool:
    """Whether the expression itself brings it about, perhaps by a call of a function."""
    within = {id(node), *map(id, walk(node))}
    nodes = [station.place.node, *(place.node for _, place in station.calls)]
    return any(id(found) in within for found in nodes)


def _carrier_node(x: Execution, arguments: Many[Argument]) -> cst.CSTNode | None:
    for entry in arguments:
        if entry.place is not None and x.paths(entry.value):
            return entry.place.node
    return node_of(arguments)


def holds_symbolic(x: Execution, value: Value, depth: int = 0) -> bool:
    if not x.context.is_graph:
        return False
    if x.is_symbolic(value):
        return True
    if isinstance(value, Object):
        # What a graph is given from outside and a tape watches is a tensor that is traced.
        return value.identity in x.traced and is_watched(x, value)
    return depth < 3 and any(holds_symbolic(x, part, depth + 1) for part in heap.parts(x, value))


def host_use(
    x: Execution,
    node: cst.CSTNode,
    name: str,
    entry: Argument,
    kind: Break,
    operation: str = "",
) -> None:
    operand = text_of(entry.place.node) if entry.place is not None else ""
    station = x.station(node)
    spelled = operation or text_of(node)
    cause = Cause(kind, station, spelled, operand, name, x.context.mode, True)
    if not x.doubts:
        x.events.append(HostUse(station, x.context, cause))


def to_host(
    x: Execution, name: str, fact: OpFact, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    groups = x.groups(entry.value for entry in arguments)
    is_text = name.startswith(("tensorflow.io.", "tensorflow.strings."))
    kind = Break.NO_GRADIENT if is_text else Break.HOST_CONVERSION
    result = Kind.TENSOR if is_text else Kind.NDARRAY
    traced = next((entry for entry in arguments if holds_symbolic(x, entry.value)), None)
    if traced is not None and name in RAISE_IN_GRAPH:
        host_use(x, node, name, traced, kind)
    if not groups:
        return Data(result)
    return x.break_paths(
        node,
        kind,
        UNKNOWN,
        groups,
        result,
        operand_node=node_of(arguments),
        qualified=name,
        symbolic=traced is not None and name in RAISE_IN_GRAPH,
    )


def host_method(
    x: Execution, receiver: Value, name: str, node: cst.CSTNode, receiver_node: Any
) -> Value:
    """`.numpy()`, `.item()`, `.tolist()`: the value leaves TensorFlow."""
    groups = x.groups((receiver,))
    result = Kind.HOST if name in ("item",) else Kind.NDARRAY
    symbolic = holds_symbolic(x, receiver)
    if symbolic:
        from tflint_grad.flow.values import Argument as Given

        host_use(x, node, name, Given(receiver, place=receiver_node), Break.HOST_CONVERSION)
    if not groups:
        return Data(result)
    carrier = receiver_node.node if receiver_node is not None else None
    return x.break_paths(
        node,
        Break.HOST_CONVERSION,
        receiver,
        groups,
        result,
        operation=text_of(node),
        operand_node=carrier,
        converted=conversion(x, carrier),
        qualified=f".{name}",
        symbolic=symbolic,
        explicit=True,
    )


def store_into_array(x: Execution, node: cst.CSTNode, receiver: Data, value: Value) -> None:
    """`buffer[i] = tensor` copies the tensor to the host."""
    if receiver.cell is None:
        return
    groups = x.groups((value,))
    if x.is_tensor(value) or any(p.cut is None for g in groups for p in g.values()):
        broken = x.break_paths(
            node,
            Break.HOST_CONVERSION,
            value,
            groups,
            Kind.NDARRAY,
            operation=f"{text_of(node)} = …",
            qualified="numpy.ndarray.__setitem__",
        )
        groups = [broken.paths]
    key = ("array", receiver.cell)
    from tflint_grad.flow.paths import joined

    x.store.set(key, joined([x.store.get(key, NO_PATHS), *groups]))


#: Where the dtype stands; what follows a shape and a value in `numpy.full`.
_DTYPE_AT = {"numpy.full": 2}


def _holds_objects(x: Execution, name: str, arguments: Many[Argument]) -> bool:
    """Whether an array keeps what is put into it as it is, tensors too: `dtype=object`, of `None`."""
    filling = argument(arguments, 1, "fill_value") if name == "numpy.full" else None
    is_of_none = filling is not None and x.is_none(filling.value)
    return is_of_none or _dtype(x, name, arguments) == "object"


def _dtype(x: Execution, name: str, arguments: Many[Argument]) -> str:
    asked = argument(arguments, _DTYPE_AT.get(name, 1), "dtype")
    return "" if asked is None else dtype_of(x, asked.value)


def make_array(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """An ndarray that may be filled element by element."""
    if _holds_objects(x, name, arguments):
        return adopting_object(x, [], text_of(node), None, node)
    symbolic = next((e for e in arguments if holds_symbolic(x, e.value)), None)
    if symbolic is not None:
        host_use(x, node, name, symbolic, Break.HOST_CALL)
    return Data(Kind.NDARRAY, cell=x.fresh())
