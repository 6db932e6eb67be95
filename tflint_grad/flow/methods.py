"""Methods of values whose class is not of the project: tensors, lists, dictionaries, tapes …"""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import heap, registries
from tflint_grad.flow.arguments import node_of
from tflint_grad.flow.calls import adopting_object, call_opaque, only_refers, run_callback
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.host import host_method
from tflint_grad.flow.iteration import rounds
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape, is_long_lived, keep
from tflint_grad.flow.paths import Break, Place, joined
from tflint_grad.flow.recording import piecewise_constant
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.tapes import call_tape
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    STATIC,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    DictRef,
    Generator,
    Kind,
    ListRef,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Super,
    Tape,
    Value,
    constant,
)
from tflint_grad.knowledge import operations
from tflint_grad.knowledge.host import PIECEWISE_CONSTANT_METHODS

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: The methods of a list that do at an index what those of a deque do at the left.
_AT_INDEX = {"appendleft": "insert", "popleft": "pop"}
HOST_METHODS = frozenset(("numpy", "item", "tolist"))
_VARIABLES = (SourceKind.VARIABLE, SourceKind.FROZEN)
_ASSIGN = frozenset(
    (
        *("assign", "assign_add", "assign_sub", "update_state"),
        *(f"scatter_{what}" for what in ("update", "add", "sub", "max", "min", "mul", "div")),
        *(f"scatter_nd_{what}" for what in ("update", "add", "sub", "max", "min")),
        "batch_scatter_update",
    )
)


def call_method(
    x: Execution, receiver: Value, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """The result of `receiver.name(...)`."""
    match receiver:
        case Tape():
            return call_tape(x, receiver, name, arguments, node)
        case ListRef():
            return _list_method(x, receiver, name, arguments, node)
        case DictRef():
            return _dict_method(x, receiver, name, arguments, node)
        case Choice():
            results = [
                call_method(x, o, name, arguments, node)
                for o in receiver.options
                if not x.is_none(o)
            ]
            return join_values(results) if results else UNKNOWN
        case Data():
            return _data_method(x, receiver, name, arguments, node)
        case Object():
            if x.taught and isinstance(receiver.cls, str):
                from tflint_grad.flow.taught import call_taught, fact_of_name

                said = fact_of_name(x, f"{receiver.cls}.{name}")
                if said is not None:
                    return call_taught(x, said, arguments, node, receiver)
            return _object_method(x, receiver, name, arguments, node)
        case Super():
            from tflint_grad.flow.keras_objects import call_base_method

            return call_base_method(x, receiver, name, arguments, node)
        case Class():
            return call_opaque(x, arguments, node)
        case Parameters():
            return UNKNOWN
        case Sequence() | Mapped():
            return _frozen_method(x, receiver, name, arguments, node)
        case Generator():
            if name in ("__next__", "send"):
                return _next_of(x, receiver, node)
            return UNKNOWN
        case _:
            return call_opaque(x, arguments, node, x.groups((receiver,)))


def _next_of(x: Execution, receiver: Value, node: cst.CSTNode) -> Value:
    values = rounds(x, receiver, node).values
    return join_values(values) if values else UNKNOWN


def _receiver_place(x: Execution, node: cst.CSTNode) -> Place | None:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return x.place(node.func.value)
    return None


def _data_method(
    x: Execution, receiver: Data, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    if receiver.kind is Kind.NDARRAY:
        return _array_method(x, receiver, name, arguments, node)
    if receiver.kind is Kind.HOST:
        groups = x.groups([receiver, *(entry.value for entry in arguments)])
        return Data(Kind.HOST, x.operate(node, groups).paths)
    if name in HOST_METHODS:
        return host_method(x, receiver, name, node, _receiver_place(x, node))
    if name in ("eval", "__array__"):
        return host_method(x, receiver, name, node, _receiver_place(x, node))
    if name in _ASSIGN:
        variables = _variables_of(x, receiver)
        if variables:
            return assign(x, receiver, variables, name, arguments, node)
    if name in ("value", "read_value"):
        return (
            x.operate(node, x.groups((receiver,)), Kind.TENSOR, receiver.dtype)
            if name == "read_value"
            else receiver
        )
    fact = operations.tensor_method(name)
    if fact is not None and receiver.kind is not Kind.UNKNOWN:
        if fact.kind == "static":
            return STATIC
        groups = x.groups([receiver, *(entry.value for entry in arguments)])
        if fact.gradient is operations.Gradient.NONE and groups and fact.kind == "op":
            return x.break_paths(node, Break.NO_GRADIENT, receiver, groups, Kind.TENSOR, fact.dtype)
        return x.operate(node, groups, Kind.TENSOR, receiver.dtype)
    if name in ("get_shape", "set_shape"):
        return STATIC
    result = call_opaque(x, arguments, node, x.groups((receiver,)))
    others = [entry.value for entry in arguments if entry.value is not receiver]
    is_computed = any(path.sure for path in receiver.paths.values())
    if fact is None and isinstance(result, Data) and is_computed and not x.groups(others):
        return replace(result, made=receiver.made)  # it may only be unwrapped: `y.to_native()`
    return result


def _array_method(
    x: Execution, receiver: Data, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    values = [entry.value for entry in arguments]
    kind = Kind.HOST if name in ("item", "tolist", "mean", "sum", "max", "min") else Kind.NDARRAY
    cell = x.fresh() if kind is Kind.NDARRAY else None
    given = x.groups(values)
    if any(path.cut is None for paths in given for path in paths.values()):
        broken = x.break_paths(  # `array.dot(weights)`
            node,
            Break.HOST_CALL,
            values[0],
            given,
            kind,
            operation=text_of(node),
            operand_node=node_of(arguments),
            qualified=f"numpy.ndarray.{name}",
        )
        given = [broken.paths]
    paths = x.operate(node, [*x.groups((receiver,)), *given]).paths
    is_cast = name == "astype" and arguments and dtype_of(x, arguments[0].value) in ("int", "bool")
    if is_cast or name in PIECEWISE_CONSTANT_METHODS:
        paths = piecewise_constant(paths)
    return Data(kind, paths, cell=cell)


def _variables_of(x: Execution, receiver: Data) -> Many[int]:
    """The variable that is assigned to, also where a slice of it is: `v[0:1].assign(…)`.

    Several where it is one of them: `for fast, slow in zip(copies, weights): fast.assign(slow)`.
    """
    if receiver.kind is Kind.VARIABLE:
        return list(heap.identities(x, receiver))
    if receiver.identity is not None:
        return [receiver.identity]
    held = [s for s in receiver.paths if x.sources[s].kind in _VARIABLES]
    return held if len(held) == 1 else []


def assign(
    x: Execution,
    receiver: Value,
    variables: Many[int],
    name: str,
    arguments: Many[Argument],
    node: cst.CSTNode,
) -> Value:
    """The value goes into the variable; who reads it gets it without its history."""
    groups = x.groups(
        entry.value
        for entry in arguments
        if entry.keyword in (None, "value", "delta", "sparse_delta", "updates")
    )
    keeps = name != "assign" or (isinstance(receiver, Data) and receiver.identity is None)
    if groups:
        broken = x.break_paths(node, Break.STATE, receiver, groups, Kind.TENSOR)
        for variable in variables:
            content = {s: p for s, p in broken.paths.items() if s != variable}
            if keeps:
                content = dict(joined([content, x.store.get(("content", variable), {})]))
            x.store.set(("content", variable), content)
    elif not keeps:
        for variable in variables:
            x.store.set(("content", variable), {})
    if groups and x.sources[variables[0]].is_keras:
        # Keras 3.15: `assign` of a keras.Variable returns the value that it was given.
        return x.operate(node, groups, Kind.TENSOR, "float")
    return receiver


def update_variable(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`K.update(variable, value)` and its like, Keras 2's spelling of `assign`."""
    held, *rest = arguments or [Argument(UNKNOWN)]
    variables: Many[int] = _variables_of(x, held.value) if isinstance(held.value, Data) else []
    if isinstance(held.value, Object):
        variables = [held.value.identity]
    if not variables:
        return call_opaque(x, arguments, node)
    given = [replace(entry, keyword=None) for entry in rest[:1]]
    method = "assign" if name == "keras.backend.update" else "assign_add"
    return assign(x, held.value, variables, method, given, node)


def _object_method(
    x: Execution, receiver: Object, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    if name in HOST_METHODS and receiver.cls is None and not arguments:
        return host_method(x, receiver, name, node, _receiver_place(x, node))
    if name in ("get_shape", "set_shape"):
        return STATIC
    if name in ("get", "pop") and arguments:
        key = x.constant_of(arguments[0].value)
        stored: Value | None = None
        if isinstance(key, (str, int)):
            stored = x.store.get(("item", receiver.identity, key))
        if stored is not None:
            return stored
    from tflint_grad.flow.keras_objects import call_library_method

    known = call_library_method(x, receiver, name, arguments, node)
    if known is not None:
        return known
    if name in _ASSIGN:
        return assign(x, receiver, [receiver.identity], name, arguments, node)
    child = x.children.get((receiver.identity, f".{name}"))
    more = [x.paths(receiver)]
    if child is not None:
        more.append(x.paths(Object(child)))
    inside = bool(x.recording)
    values = [entry.value for entry in arguments]
    if name in ("append", "add", "extend", "put", "update", "register", "insert"):
        for value in values:
            x.own(receiver.identity, value)
    if not inside:
        # Outside of a tape an unknown method only keeps objects; it does not read their values.
        kept = [value for value in values if not isinstance(value, (Object, Parameters))]
        for value in values:
            escape(x, value)
        results = [result for value in values for result in run_callback(x, value, node)]
        if only_refers(x, values):
            return adopting_object(x, [receiver, *values], name, None, node)
        return x.opaque(node, [*more, *x.groups([*kept, *results])])
    return call_opaque(x, arguments, node, more)


# --- containers


def _list_method(
    x: Execution, receiver: ListRef, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    key = ("list", receiver.identity)
    content = heap.contents(x, receiver)
    assert isinstance(content, Sequence)
    values = [entry.value for entry in arguments]
    for value in values:
        for held in (value, *heap.parts(x, value)):
            if isinstance(held, Tape):
                keep(x, held, "container", "", node, is_long_lived(x, receiver))
            elif isinstance(held, Object):
                x.passing.discard(held.identity)
    match name:
        case "append" | "add" if values:
            x.store.set(key, appended(x, content, values[-1]))
            return NONE
        case "appendleft" | "popleft":  # of a deque
            at_first = [Argument(constant(0)), *arguments]
            return _list_method(x, receiver, _AT_INDEX[name], at_first, node)
        case "insert" if len(values) == 2:
            items = heap.parts(x, content)
            if x.constant_of(values[0]) == 0 and content.rest is None:
                x.store.set(key, Sequence((values[1], *content.items), None, "list"))
            else:
                x.store.set(key, Sequence((), join_values([*items, values[1]]), "list"))
            return NONE
        case "extend" if values:
            from tflint_grad.flow.builtin_calls import extend_list

            extend_list(x, receiver, values[0], node)
            return NONE
        case "pop":
            parts = heap.parts(x, content)
            if content.rest is None and content.items:
                index = x.constant_of(values[0]) if values else -1
                if isinstance(index, int) and -len(content.items) <= index < len(content.items):
                    items_left = list(content.items)
                    popped = items_left.pop(index)
                    x.store.set(key, Sequence(tuple(items_left), None, "list"))
                    return popped
            return join_values(parts) if parts else UNKNOWN
        case "clear":
            x.store.set(key, Sequence((), None, "list"))
            return NONE
        case "copy":
            return heap.new_list(x, content)
        case "reverse" | "sort":
            parts = heap.parts(x, content)
            if parts:
                x.store.set(key, Sequence((), join_values(parts), "list"))
            return NONE
        case "index" | "count":
            return Data(Kind.HOST, dtype="int")
        case _:
            return call_opaque(x, arguments, node, x.groups((receiver,)))


def appended(x: Execution, content: Sequence, value: Value) -> Sequence:
    """A list grows by one; in the rounds of a loop, and when it is long, its elements are joined."""
    if content.rest is None and len(content.items) < 8:
        return Sequence((*content.items, value), None, content.kind)
    if content.rest is not None:
        return Sequence(content.items, join_values([content.rest, value]), content.kind)
    return Sequence(content.items, value, content.kind)


def _dict_method(
    x: Execution, receiver: DictRef, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    key: Any = x.constant_of(arguments[0].value) if arguments else NOTHING
    if name == "get":
        registries.look_up(x, receiver, key)
    content = heap.contents(x, receiver)
    assert isinstance(content, Mapped)
    parts = heap.parts(x, content)
    match name:
        case "get" | "pop" | "setdefault":
            if isinstance(key, (str, int)) and key in content.items:
                return content.items[key]
            if name == "setdefault" and len(arguments) > 1 and isinstance(key, (str, int)):
                value = arguments[1].value
                items = {**content.items, key: value}
                x.store.set(("dict", receiver.identity), Mapped(items, content.rest))
                return value
            default = arguments[1].value if len(arguments) > 1 else NONE
            if content.rest is None and isinstance(key, (str, int)):
                return default
            return join_values([*parts, default])
        case "values":
            return Sequence(tuple(content.items.values()), content.rest, "list")
        case "keys":
            from tflint_grad.flow.values import constant

            return Sequence(tuple(constant(k) for k in content.items), None, "list")
        case "items":
            from tflint_grad.flow.values import constant

            pairs = tuple(Sequence((constant(k), v)) for k, v in content.items.items())
            rest = None if content.rest is None else Sequence((UNKNOWN, content.rest))
            return Sequence(pairs, rest, "list")
        case "update":
            for entry in arguments:
                other = heap.resolved(x, entry.value)
                if entry.keyword is not None:
                    content = Mapped({**content.items, entry.keyword: entry.value}, content.rest)
                elif isinstance(other, Mapped):
                    content = Mapped({**content.items, **other.items}, other.rest or content.rest)
                else:
                    content = Mapped(content.items, other)
            x.store.set(("dict", receiver.identity), content)
            return NONE
        case "copy":
            return heap.new_dict(x, content)
        case "clear":
            x.store.set(("dict", receiver.identity), Mapped({}))
            return NONE
        case _:
            return call_opaque(x, arguments, node, x.groups((receiver,)))


def _frozen_method(
    x: Execution,
    receiver: Sequence | Mapped,
    name: str,
    arguments: Many[Argument],
    node: cst.CSTNode,
) -> Value:
    """A method of a tuple, or of a container that came out of a join."""
    if isinstance(receiver, Mapped):
        return _dict_method(x, heap.new_dict(x, receiver), name, arguments, node)
    if name in ("append", "extend", "insert", "pop"):
        return _list_method(x, heap.new_list(x, receiver), name, arguments, node)
    if name in ("index", "count"):
        return Data(Kind.HOST, dtype="int")
    parts = heap.parts(x, receiver)
    if parts and not arguments:
        return join_values(parts)  # a field of a named tuple is called
    return call_opaque(x, arguments, node, x.groups((receiver,)))
