"""Iterating and unpacking: which elements come, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, heap, names
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape, is_long_lived, keep
from tflint_grad.flow.paths import Path
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NOTHING,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    Function,
    Generator,
    Kind,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Value,
    constant,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: Exact rounds of a loop; what a list holds beyond them is joined into the last one.
MAX_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Rounds:
    """The elements of the first rounds; `exact`: these are all, and each as it is."""

    values: list[Value]
    exact: bool


def element_of(x: Execution, value: Value, node: cst.CSTNode) -> Value:
    """Some element of an iterable, where the single ones are not known."""
    match value:
        case Parameters():
            return Object(x.element_of_parameters(value.owners[0], f".{value.which}[*]"))
        case Object():
            held = x.store.get(("element", value.identity))
            if held is not None:
                return held  # type: ignore[no-any-return]
            return Object(x.child(value.identity, "[*]"))
        case Data():
            if value.kind in (Kind.HOST, Kind.NDARRAY):
                return Data(value.kind, value.paths, value.dtype)
            if value.kind is Kind.UNKNOWN:
                return Data(Kind.UNKNOWN, value.paths, value.dtype, made=value.made)
            if x.may_be_tuple(value):
                x.tuple_calls.add(id(node))  # a part of a tuple may be a tuple
            return x.operate(node, x.groups((value,)), Kind.TENSOR, value.dtype)
        case Choice():
            options = [o for o in value.options if not x.is_none(o)]
            return join_values([element_of(x, option, node) for option in options] or [UNKNOWN])
        case _:
            content = heap.parts(x, value)
            if content:
                return join_values(content)
            return x.opaque(node, x.groups((value,)))


def rounds(x: Execution, value: Value, node: cst.CSTNode) -> Rounds:
    """The elements that the first rounds of a loop over a value see."""
    if isinstance(value, Generator):
        return Rounds(run_generator(x, value, node), False)
    content = heap.resolved(x, value)
    if isinstance(content, Mapped):
        keys: list[Value] = [constant(key) for key in content.items]
        content = Sequence(tuple(keys), UNKNOWN if content.rest is not None else None)
    if isinstance(content, Sequence):
        if content.rest is None and len(content.items) <= MAX_ROUNDS:
            return Rounds(list(content.items), True)
        if content.rest is None:
            last = join_values(content.items[MAX_ROUNDS - 1 :])
            return Rounds([*content.items[: MAX_ROUNDS - 1], last], False)
        if content.items:
            return Rounds([*content.items[:MAX_ROUNDS], content.rest], False)
        return Rounds([content.rest, content.rest], False)
    if isinstance(value, Parameters) and len(value.owners) > 1:
        found: list[Value] = [
            Object(x.element_of_parameters(owner, f".{value.which}[*]"))
            for owner in value.owners[:MAX_ROUNDS]
        ]
        return Rounds(found, False)
    if isinstance(value, Data) and isinstance(value.constant, range):
        known = value.constant
        if len(known) <= 2:
            return Rounds([constant(number) for number in known], True)
        return Rounds([constant(known[0]), Data(Kind.HOST, dtype="int")], False)
    if isinstance(value, Object) and isinstance(value.cls, Class):
        method = attributes.find_in_class(x, value.cls, "__iter__")
        if isinstance(method, Function):
            from tflint_grad.flow.calls import call_value

            iterator = call_value(
                x, attributes.read_attribute(x, value, "__iter__", node), [], node
            )
            if iterator is not value and not isinstance(iterator, Object):
                return rounds(x, iterator, node)
    element = element_of(x, value, node)
    return Rounds([element, element], False)


def run_generator(x: Execution, generator: Generator, node: cst.CSTNode) -> list[Value]:
    """Run a generator to its end, collecting what it yields."""
    from tflint_grad.flow.bodies import run_body

    collected: list[Value] = []
    run_body(x, generator.function, generator.arguments, node, on_yield=collected.append)
    return collected


def unpack(x: Execution, target: cst.CSTNode, value: Value) -> None:
    """Bind a value to a target: a name, an attribute, an element, or a pattern of those."""
    value = attributes.materialise(x, value)
    if isinstance(target, cst.Name):
        names.bind_name(x, target.value, value, target)
    elif isinstance(target, cst.Attribute):
        receiver = attributes.materialise(x, x.evaluate(target.value))
        attributes.bind_attribute(x, receiver, target.attr.value, value, target)
    elif isinstance(target, cst.Subscript):
        store_item(x, target, value)
    elif isinstance(target, cst.StarredElement):
        unpack(x, target.value, value)
    elif isinstance(target, (cst.Tuple, cst.List)):
        _unpack_pattern(x, target, value)


def _unpack_pattern(x: Execution, target: cst.Tuple | cst.List, value: Value) -> None:
    targets = [element.value for element in target.elements]
    starred = next(
        (i for i, e in enumerate(target.elements) if isinstance(e, cst.StarredElement)), None
    )
    content = heap.resolved(x, value)
    if isinstance(content, Choice):
        shaped = [heap.resolved(x, option) for option in content.options]
        tuples = [s for s in shaped if isinstance(s, Sequence)]
        if tuples:
            content = join_values(tuples)
    if isinstance(value, Generator):
        content = Sequence(tuple(run_generator(x, value, target)))
    if isinstance(content, Sequence) and content.rest is None:
        items = content.items
        if starred is None and len(items) == len(targets):
            for part, item in zip(targets, items, strict=True):
                unpack(x, part, item)
            return
        if starred is not None and len(items) >= len(targets) - 1:
            after = len(targets) - starred - 1
            middle = items[starred : len(items) - after]
            for part, item in zip(targets[:starred], items[:starred], strict=True):
                unpack(x, part, item)
            unpack(x, targets[starred], heap.new_list(x, Sequence(middle, None, "list")))
            for part, item in zip(targets[starred + 1 :], items[len(items) - after :], strict=True):
                unpack(x, part, item)
            return
    from tflint_grad.flow.control import control_on

    control_on(x, target, "unpacking", value, target, converted=False)
    if isinstance(value, Object):
        fields = value.cls.dataclass_fields if isinstance(value.cls, Class) else None
        if fields is not None and len(fields) == len(targets):
            for part, field in zip(targets, fields, strict=True):
                unpack(x, part, attributes.read_attribute(x, value, field, target))
            return
        for index, part in enumerate(targets):
            unpack(x, part, Object(x.child(value.identity, f"[{index}]")))
        return
    elements = [element_of(x, value, target) for _ in targets]
    if isinstance(value, Data) and _is_model_output(x, value):
        elements = _related(x, targets, elements)
    for part, element in zip(targets, elements, strict=True):
        unpack(x, part, element)


def _is_model_output(x: Execution, value: Data) -> bool:
    if value.made is None:
        return False
    return value.kind is Kind.UNKNOWN or x.may_be_tuple(value)


def _related(x: Execution, targets: list[cst.BaseExpression], elements: list[Value]) -> list[Value]:
    """What one model returns may depend on each other: `maps, scores = model(image)`."""
    named = [
        names.identified(x, target.value, element, target)
        if isinstance(target, cst.Name)
        else element
        for target, element in zip(targets, elements, strict=True)
    ]
    known = [value.identity for value in named if isinstance(value, Data) and value.identity]
    recorded = Path(x.recording, sure=False)
    return [
        replace(value, paths={**dict.fromkeys(known, recorded), **value.paths})
        if known and isinstance(value, Data)
        else value
        for value in named
    ]


def _is_array(value: Value) -> bool:
    return isinstance(value, Data) and value.kind is Kind.NDARRAY


def store_item(x: Execution, target: cst.Subscript, value: Value) -> None:
    """`receiver[index] = value`."""
    whole = target.value
    receiver = attributes.materialise(x, x.evaluate(whole))
    while isinstance(whole, cst.Subscript) and _is_array(receiver):
        whole = whole.value  # a row of an array is a view: what is put there is put into the array
        receiver = attributes.materialise(x, x.evaluate(whole))
    key: object = NOTHING
    for element in target.slice:
        if isinstance(element.slice, cst.Index):
            key = x.constant_of(attributes.materialise(x, x.evaluate(element.slice.value)))
    if len(target.slice) != 1:
        key = NOTHING
    put_item(x, target, receiver, key, value)


def _note_replaced_variable(
    x: Execution, node: cst.CSTNode, receiver: Value, key: object, value: Value
) -> None:
    """`parameters[i] = parameters[i] - rate * gradient`: the list now holds a tensor."""
    from tflint_grad.flow.events import VariableRebound

    if not isinstance(value, Data) or value.kind is not Kind.TENSOR or value.made is None:
        return
    for old in heap.parts(x, receiver):
        if isinstance(old, Data) and old.kind is Kind.VARIABLE:
            held = [i for i in old.paths if i in x.asked and i in value.paths]
            if held and all(value.paths[i].sure for i in held):
                name = text_of(node)
                x.events.append(VariableRebound(x.station(node), x.context, name, False))
                return


def put_item(x: Execution, node: cst.CSTNode, receiver: Value, key: object, value: Value) -> None:
    from tflint_grad.flow.host import store_into_array
    from tflint_grad.flow.values import DictRef, ListRef, Tape

    for held in (value, *heap.parts(x, value)):
        if isinstance(held, Tape):
            keep(x, held, "container", "", node, is_long_lived(x, receiver))
        elif isinstance(held, Object):
            x.passing.discard(held.identity)
    _note_replaced_variable(x, node, receiver, key, value)
    match receiver:
        case ListRef():
            content = heap.contents(x, receiver)
            assert isinstance(content, Sequence)
            items = list(content.items)
            if isinstance(key, int) and -len(items) <= key < len(items):
                items[key] = value
                new = Sequence(tuple(items), content.rest, content.kind)
            else:
                whole = [*items, *([content.rest] if content.rest is not None else []), value]
                new = Sequence((), join_values(whole), content.kind)
            x.store.set(("list", receiver.identity), new)
        case DictRef():
            mapped = heap.contents(x, receiver)
            assert isinstance(mapped, Mapped)
            if isinstance(key, (str, int)):
                x.store.set(
                    ("dict", receiver.identity), Mapped({**mapped.items, key: value}, mapped.rest)
                )
            else:
                rest = value if mapped.rest is None else join_values([mapped.rest, value])
                x.store.set(("dict", receiver.identity), Mapped(mapped.items, rest))
        case Object():
            if isinstance(receiver.cls, Class):
                method = attributes.find_in_class(x, receiver.cls, "__setitem__")
                if isinstance(method, Function):
                    from tflint_grad.flow.calls import call_value

                    bound = attributes.read_attribute(x, receiver, "__setitem__", node)
                    call_value(x, bound, [Argument(UNKNOWN), Argument(value)], node)
                    return
            if isinstance(key, (str, int)):
                x.store.set(("item", receiver.identity, key), value)
                x.own(receiver.identity, value)
            else:
                # Some element was replaced: what is read from the object may come from there.
                paths = x.paths(value)
                if paths:
                    known = x.store.get(("content", receiver.identity), {})
                    from tflint_grad.flow.paths import joined

                    x.store.set(("content", receiver.identity), joined((known, paths)))
            escape(x, value)
        case Data() if receiver.kind is Kind.NDARRAY:
            store_into_array(x, node, receiver, value)
        case _:
            escape(x, value)
