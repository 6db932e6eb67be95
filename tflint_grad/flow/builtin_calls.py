"""Python's own functions, as far as values go through them."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial, reduce
from typing import TYPE_CHECKING

from tflint_grad.flow import attributes, heap
from tflint_grad.flow.calls import call_opaque, call_value, run_callback
from tflint_grad.flow.coefficients import conversion
from tflint_grad.flow.control import control_on
from tflint_grad.flow.host import holds_symbolic, host_use
from tflint_grad.flow.iteration import element_of, rounds
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.operators import binary
from tflint_grad.flow.paths import Break, Paths
from tflint_grad.flow.recording import piecewise_constant
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    STATIC,
    UNKNOWN,
    Argument,
    Class,
    Data,
    Function,
    Generator,
    Kind,
    ListRef,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Super,
    Value,
    constant,
)
from tflint_grad.flow.wrappers import role

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

_NOT_CONVERTED = frozenset(
    ["any", "all", "sum", "zip", "enumerate", "map", "min", "max", "bool", "filter"]
)
_CONVERTED = frozenset(["any", "all", "zip", "enumerate", "map", "filter", "sum"])


def call_builtin(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    values = [entry.value for entry in arguments]
    first = values[0] if values else UNKNOWN
    if name in _NOT_CONVERTED:
        for entry in arguments:
            if x.is_symbolic(entry.value) and entry.place is not None:
                control_on(x, node, f"{name}()", entry.value, entry.place.node, converted=False)
    match name:
        case "float" | "int" | "bool" | "complex" | "round":
            return _to_number(x, name, arguments, node)
        case (
            "print"
            | "repr"
            | "str"
            | "format"
            | "hash"
            | "id"
            | "isinstance"
            | "hasattr"
            | "callable"
            | "issubclass"
            | "type"
            | "input"
            | "open"
            | "vars"
            | "dir"
            | "ord"
            | "chr"
        ):
            return _told(x, name, first, values)
        case "len":
            return _length(x, first)
        case "range":
            for entry in arguments:
                if entry.place is not None:
                    control_on(x, node, "rounds", entry.value, entry.place.node)
            known = [x.constant_of(value) for value in values]
            if (
                known
                and all(isinstance(k, int) and not isinstance(k, bool) for k in known)
                and abs(known[-1]) < 10**6
            ):
                try:
                    return Data(Kind.HOST, dtype="int", constant=range(*known))
                except (TypeError, ValueError):
                    return STATIC
            if values and x.is_symbolic(values[-1]):
                return values[-1]
            return Sequence((), Data(Kind.HOST, dtype="int"), "range")
        case "list" | "tuple" | "sorted" | "reversed" | "set" | "iter" | "frozenset":
            return _collected(x, name, values, node)
        case "zip":
            if any(entry.star for entry in arguments):
                return _transposed(x, arguments, node)
            return _zipped(x, values, node)
        case "enumerate":
            return _enumerated(x, first, node)
        case "map":
            return _map(x, values, node)
        case "filter":
            return _filtered(x, values, node)
        case "sum" | "min" | "max":
            return _reduced(x, name, values, node)
        case "abs" | "pow" | "divmod":
            return _arithmetic(x, values, node)
        case "any" | "all":
            return STATIC
        case "next":
            content = rounds(x, first, node).values
            return join_values(content) if content else UNKNOWN
        case "getattr":
            return _getattr(x, values, node)
        case "setattr":
            key = x.constant_of(values[1]) if len(values) > 2 else NOTHING
            if isinstance(key, str):
                attributes.bind_attribute(x, first, key, values[2], node)
            elif len(values) > 2:
                escape(x, values[2])
            return NONE
        case "dict":
            return _dict(x, arguments)
        case "super":
            return _super(x, values)
        case "staticmethod" | "classmethod" | "property":
            return role(name)(x, name, arguments, node)
        case "object":
            return UNKNOWN
        case _:
            return call_opaque(x, arguments, node)


def _told(x: Execution, name: str, first: Value, values: Many[Value]) -> Value:
    if (
        name == "isinstance"
        and len(values) == 2
        and (
            isinstance(first, Object)
            and isinstance(first.cls, Class)
            and isinstance(values[1], Class)
        )
    ):
        ancestry = [c.identity for c in first.cls.ancestry()]
        if values[1].identity in ancestry:
            return constant(True)
    if (
        name == "type"
        and len(values) == 1
        and isinstance(first, Object)
        and isinstance(first.cls, Class)
    ):
        return first.cls
    return STATIC


def _length(x: Execution, value: Value) -> Value:
    content = heap.resolved(x, value)
    if isinstance(content, Sequence) and content.rest is None:
        return constant(len(content.items))
    return Data(Kind.HOST, dtype="int")


def _to_number(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`float(x)` leaves TensorFlow in eager code; AutoGraph turns it into a cast."""
    if not arguments:
        return STATIC
    entry = arguments[0]
    value = entry.value
    known = x.constant_of(value)
    dtype = {"float": "float", "int": "int", "round": "int", "bool": "bool"}.get(name, "")
    if isinstance(known, (int, float)) and name in ("float", "int"):
        try:
            return constant(float(known) if name == "float" else int(known))
        except (OverflowError, ValueError):
            return Data(Kind.HOST, dtype=dtype)
    groups = x.groups((value,))
    if isinstance(value, Data) and value.kind in (Kind.HOST, Kind.NDARRAY):
        paths = x.operate(node, groups).paths
        return Data(Kind.HOST, _jumping(name, paths), dtype)
    if (
        x.context.mode == "autograph"
        and name in ("float", "int")
        and (x.is_tensor(value) or groups)
    ):
        # Of what may be a number, an attribute say, a number may come back.
        is_tensor = x.kind_of(value) is Kind.TENSOR or holds_symbolic(x, value)
        kind = Kind.TENSOR if is_tensor else Kind.UNKNOWN
        if name == "float":
            return x.operate(node, groups, kind, "float")
        if not groups:
            return Data(kind, dtype="int", symbolic=is_tensor)
        return x.break_paths(node, Break.INTEGER_CAST, value, groups, kind, "int", qualified="int")
    if x.context.mode == "graph" and x.is_symbolic(value) and name != "bool":
        host_use(x, node, name, entry, Break.HOST_CONVERSION)
    if not groups:
        return Data(Kind.HOST, dtype=dtype)
    place = entry.place.node if entry.place is not None else None
    broken = x.break_paths(
        node,
        Break.HOST_CONVERSION,
        value,
        groups,
        Kind.HOST,
        dtype,
        operation=text_of(node),
        operand_node=place,
        converted=conversion(x, place),
        qualified=name,
        symbolic=x.is_symbolic(value) and x.context.mode == "graph",
    )
    return replace(broken, paths=_jumping(name, broken.paths))


def _jumping(name: str, paths: Paths) -> Paths:
    """A number that is rounded, or asked whether it is zero, only jumps."""
    return piecewise_constant(paths) if name in ("bool", "int", "round") else paths


def _collected(x: Execution, name: str, values: Many[Value], node: cst.CSTNode) -> Value:
    if not values:
        return heap.new_list(x, heap.EMPTY_LIST) if name == "list" else Sequence(kind=name)
    value = values[0]
    if isinstance(value, Parameters):
        if name != "list":
            return value
        elements = [element_of(x, Parameters((o,), value.which), node) for o in value.owners]
        return heap.new_list(x, Sequence((), join_values(elements), "list"))
    if name == "iter" and isinstance(value, (Generator, Sequence)):
        return value
    content = heap.resolved(x, value)
    if isinstance(content, Sequence) and name in ("list", "tuple", "iter"):
        same = replace(content, kind="list" if name == "list" else "tuple")
        return heap.new_list(x, same) if name == "list" else same
    if isinstance(content, Sequence) and name == "reversed" and content.rest is None:
        return Sequence(tuple(reversed(content.items)))
    found = rounds(x, value, node)
    if found.exact or (isinstance(value, Generator) and len(found.values) <= 1):
        items = Sequence(tuple(found.values), None, "list" if name == "list" else "tuple")
    else:
        rest = join_values(found.values) if found.values else None
        items = Sequence((), rest, "list" if name == "list" else "tuple")
    return heap.new_list(x, items) if name == "list" else items


def _columns(x: Execution, value: Value, node: cst.CSTNode) -> tuple[list[Value], Value | None]:
    """The exact elements of an iterable and a summary of the rest."""
    content = heap.resolved(x, value)
    if isinstance(content, Sequence):
        return list(content.items), content.rest
    found = rounds(x, value, node)
    if found.exact:
        return found.values, None
    return [], join_values(found.values) if found.values else UNKNOWN


def _transposed(x: Execution, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """`losses, rewards = zip(*steps)`: each column by itself, where all rows have one length."""
    exact: list[Value] = []
    rests: list[Value] = []  # each stands for any number of rows
    for entry in arguments:
        items, rest = _columns(x, entry.value, node) if entry.star else ([entry.value], None)
        exact += items
        rests += [] if rest is None else [rest]
    found = [heap.resolved(x, row) for row in (*exact, *rests)]
    rows = [row.items for row in found if isinstance(row, Sequence) and row.rest is None]
    if not rows or len(rows) < len(found) or len(set(map(len, rows))) > 1:
        elements = [element_of(x, row, node) for row in found]
        return Sequence((), Sequence((), join_values(elements) if elements else UNKNOWN), "zip")
    known = len(exact)
    columns = (
        Sequence(column[:known], join_values(column[known:]) if rests else None)
        for column in zip(*rows, strict=True)
    )
    return Sequence(tuple(columns), None, "zip")


def _zipped(x: Execution, values: Many[Value], node: cst.CSTNode) -> Value:
    columns = [_columns(x, value, node) for value in values]
    if not columns:
        return Sequence(kind="zip")
    exact = all(rest is None for _, rest in columns)
    if exact:
        rows = zip(*(items for items, _ in columns), strict=False)
        return Sequence(tuple(Sequence(tuple(row)) for row in rows), None, "zip")
    joined = []
    for items, rest in columns:
        parts = [*items, *([rest] if rest is not None else [])]
        joined.append(join_values(parts) if parts else UNKNOWN)
    shortest = min((len(items) for items, rest in columns if rest is None), default=0)
    if 0 < shortest <= 4:
        rows_known = tuple(
            Sequence(
                tuple(
                    items[index] if index < len(items) else (rest if rest is not None else UNKNOWN)
                    for items, rest in columns
                )
            )
            for index in range(shortest)
        )
        return Sequence(rows_known, None, "zip")
    return Sequence((), Sequence(tuple(joined)), "zip")


def _enumerated(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    if isinstance(value, Generator):
        values = rounds(x, value, node).values
        element = join_values(values) if values else UNKNOWN
        return Sequence((), Sequence((Data(Kind.HOST, dtype="int"), element)), "enumerate")
    items, rest = _columns(x, value, node)
    pairs = tuple(Sequence((constant(index), item)) for index, item in enumerate(items))
    summary = None if rest is None else Sequence((Data(Kind.HOST, dtype="int"), rest))
    return Sequence(pairs, summary, "enumerate")


def _map(x: Execution, values: Many[Value], node: cst.CSTNode) -> Value:
    if len(values) < 2:
        return UNKNOWN
    zipped = _zipped(x, values[1:], node)
    assert isinstance(zipped, Sequence)

    def apply(row: Value) -> Value:
        items = row.items if isinstance(row, Sequence) else (row,)
        return call_value(x, values[0], [Argument(item) for item in items], node)

    x.frame.loops += 1
    items = tuple(apply(row) for row in zipped.items[:8])
    rest = None if zipped.rest is None else apply(zipped.rest)
    if zipped.rest is not None:
        rest = apply(zipped.rest)  # a second round, as in a loop
    x.frame.loops -= 1
    return Sequence(items, rest, "map")


def _filtered(x: Execution, values: Many[Value], node: cst.CSTNode) -> Value:
    if len(values) < 2:
        return UNKNOWN
    items, rest = _columns(x, values[1], node)
    parts = [*items, *([rest] if rest is not None else [])]
    run_callback(x, values[0], node)
    return Sequence((), join_values(parts) if parts else None, "filter")


def _reduced(x: Execution, name: str, values: Many[Value], node: cst.CSTNode) -> Value:
    if name == "sum" and len(values) > 1 and isinstance(heap.resolved(x, values[1]), Sequence):
        lists = rounds(x, values[0], node).values
        return reduce(partial(binary, x, node, "+"), lists, values[1])
    parts: list[Value] = []
    for value in values if len(values) > 1 and name != "sum" else values[:1]:
        if isinstance(value, Generator):
            parts.extend(rounds(x, value, node).values)
        elif isinstance(heap.resolved(x, value), (Sequence, Mapped)):
            parts.extend(heap.parts(x, value))
        else:
            parts.append(value)
    parts.extend(values[1:] if name == "sum" else [])
    if name in ("min", "max"):
        for part in parts:
            control_on(x, node, f"{name}()", part, node, converted=False)
    return _arithmetic(x, parts, node)


def _arithmetic(x: Execution, values: Many[Value], node: cst.CSTNode) -> Value:
    kinds = [value.kind if isinstance(value, Data) else Kind.UNKNOWN for value in values]
    groups = x.groups(values)
    if kinds and all(kind in (Kind.HOST, Kind.NDARRAY) for kind in kinds):
        return Data(Kind.HOST, x.operate(node, groups).paths)
    kind = Kind.TENSOR if any(k in (Kind.TENSOR, Kind.VARIABLE) for k in kinds) else Kind.UNKNOWN
    return x.operate(node, groups, kind)


def _getattr(x: Execution, values: Many[Value], node: cst.CSTNode) -> Value:
    key = x.constant_of(values[1]) if len(values) > 1 else NOTHING
    if isinstance(key, str):
        found = attributes.materialise(x, attributes.read_attribute(x, values[0], key, node))
        return join_values([found, values[2]]) if len(values) > 2 else found
    return UNKNOWN if not values else Data(Kind.UNKNOWN, x.paths(values[0]))


def _dict(x: Execution, arguments: Many[Argument]) -> Value:
    items = {entry.keyword: entry.value for entry in arguments if entry.keyword}
    rest: Value | None = None
    for entry in arguments:
        if entry.keyword is None:
            content = heap.resolved(x, entry.value)
            if isinstance(content, Mapped):
                items = {**content.items, **items}
                rest = content.rest
            else:
                parts = heap.parts(x, content)
                rest = join_values(parts) if parts else UNKNOWN
    return heap.new_dict(x, Mapped(items, rest))


def _super(x: Execution, values: Many[Value]) -> Value:
    for frame in reversed(x.frames):
        function = frame.function
        if function is not None and function.owner is not None and isinstance(function, Function):
            params = [*function.node.params.posonly_params, *function.node.params.params]
            if not params:
                continue
            receiver = x.store.get(("name", frame.scope, params[0].name.value), UNKNOWN)
            if len(values) == 2:
                receiver = values[1]
            owner = values[0] if values and isinstance(values[0], Class) else function.owner
            return Super(receiver, owner)
    return UNKNOWN


def extend_list(x: Execution, receiver: ListRef, value: Value, node: cst.CSTNode) -> None:
    """`list += iterable`, `list.extend(iterable)`."""
    content = heap.contents(x, receiver)
    assert isinstance(content, Sequence)
    items, rest = _columns(x, value, node)
    if rest is None and content.rest is None and len(content.items) + len(items) <= 64:
        new = Sequence((*content.items, *items), None, "list")
    else:
        parts = [*heap.parts(x, content), *items, *([rest] if rest is not None else [])]
        new = Sequence((), join_values(parts) if parts else None, "list")
    x.store.set(("list", receiver.identity), new)
