"""Attributes: reading and binding them, through instances, classes and what Keras defines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap, modules
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape, keep
from tflint_grad.flow.names import identified, note_rebinding
from tflint_grad.flow.paths import LEAF
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import (
    STATIC,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    DictRef,
    Function,
    Kind,
    Known,
    ListRef,
    Mapped,
    Method,
    Module,
    Object,
    Parameters,
    Sequence,
    Super,
    Tape,
    Value,
)
from tflint_grad.knowledge.keras_api import layer_class
from tflint_grad.knowledge.operations import tensor_attribute

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

PARAMETER_LISTS = frozenset(
    [
        "trainable_variables",
        "trainable_weights",
        "variables",
        "weights",
        "non_trainable_variables",
        "non_trainable_weights",
    ]
)
#: Attributes that say something about a value and carry nothing of it.
STATIC_ATTRIBUTES = frozenset(
    [
        "shape",
        "dtype",
        "ndim",
        "name",
        "device",
        "size",
        "__name__",
        "__class__",
        "itemsize",
        "nbytes",
    ]
)
#: Variables that Keras' own layers make in `build`.
_LAYER_VARIABLES = frozenset(["kernel", "bias", "embeddings", "gamma", "beta", "recurrent_kernel"])


def bind_attribute(
    x: Execution, receiver: Value, name: str, value: Value, node: cst.CSTNode
) -> None:
    if isinstance(receiver, Choice):
        for option in receiver.options:
            bind_attribute(x, option, name, value, node)
        return
    if isinstance(value, Tape):
        keep(x, value, "attribute", name, node, holder=receiver)
    elif isinstance(value, (DictRef, ListRef, Mapped, Sequence)):
        for part in heap.parts(x, value):
            if isinstance(part, Tape):
                escape(x, part)  # whoever has the object may ask the tape
    elif x.frame.function is not None and x.frame.function.name != "__init__":
        x.released_attributes.add(name)
    if isinstance(value, Object):
        x.passing.discard(value.identity)
    if not isinstance(receiver, (Object, Class)):
        escape(x, value)
        return
    key = ("attribute", receiver.identity, name)
    if isinstance(receiver, Object):
        if isinstance(receiver.cls, Class):
            setter = find_in_class(x, receiver.cls, f"{name}.setter")
            if isinstance(setter, Function):
                from tflint_grad.flow.calls import call_function

                call_function(x, replace(setter, receiver=receiver), [_argument(value)], node)
                return
        old = attribute_of(x, receiver, name)
        value = identified(x, name, value, node)
        value = note_rebinding(x, name, old, value, node)
        x.own(receiver.identity, value)
    x.store.set(key, value)


def _argument(value: Value) -> Argument:
    return Argument(value)


def find_in_class(x: Execution, cls: Class, name: str) -> Value | None:
    for entry in cls.ancestry():
        found: Value | None = x.store.get(("attribute", entry.identity, name))
        if found is None:
            found = modules.read_class_member(x, entry, name)
        if found is not None:
            return found
    return None


def read_attribute(x: Execution, receiver: Value, name: str, node: cst.CSTNode) -> Value:
    """What `receiver.name` is; methods of libraries stay pending until they are called."""
    match receiver:
        case Known():
            return Known(f"{receiver.name}.{name}")
        case Module():
            return modules.read_member(x, receiver, name)
        case Choice():
            return join_values([read_attribute(x, o, name, node) for o in receiver.options])
        case Object():
            return _of_object(x, receiver, name, node)
        case Class():
            found = find_in_class(x, receiver, name)
            if found is None:
                return Method(receiver, name)
            if isinstance(found, Function) and found.role == "classmethod":
                return replace(found, receiver=receiver)
            return found
        case Super():
            return _of_super(x, receiver, name)
        case Data():
            return _of_data(x, receiver, name, node)
        case _ if name in STATIC_ATTRIBUTES:
            return STATIC  # an array or tensor that was taken for a list
        case _:
            return Method(receiver, name)


def _bound(x: Execution, found: Value, receiver: Value, node: cst.CSTNode) -> Value:
    from tflint_grad.flow.calls import call_function

    if isinstance(found, Function):
        match found.role:
            case "staticmethod":
                return found
            case "classmethod":
                cls = receiver.cls if isinstance(receiver, Object) else receiver
                return replace(found, receiver=cls if isinstance(cls, Class) else receiver)
            case "property":
                return call_function(x, replace(found, receiver=receiver), [], node)
            case _:
                return replace(found, receiver=receiver)
    return found


def attribute_of(x: Execution, receiver: Object, name: str) -> Value | None:
    """What was assigned to an attribute of an instance, by its constructor or since."""
    if receiver.identity in x.waiting:
        from tflint_grad.flow.instances import make

        make(x, receiver.identity, name)
    found: Value | None = x.store.get(("attribute", receiver.identity, name))
    return found


def _of_object(x: Execution, receiver: Object, name: str, node: cst.CSTNode) -> Value:
    value = attribute_of(x, receiver, name)
    if value is not None:
        return value
    if name in PARAMETER_LISTS and (
        not isinstance(receiver.cls, Class) or find_in_class(x, receiver.cls, name) is None
    ):
        return Parameters((receiver.identity,), name)
    if isinstance(receiver.cls, Class):
        if name == "__class__":
            return receiver.cls
        found = find_in_class(x, receiver.cls, name)
        if found is not None:
            return _bound(x, found, receiver, node)
    if name in STATIC_ATTRIBUTES:
        return STATIC
    is_layer = isinstance(receiver.cls, str) and layer_class(receiver.cls) is not None
    if is_layer and name in _LAYER_VARIABLES:
        identity = x.child(receiver.identity, f".{name}", SourceKind.VARIABLE)
        return Data(Kind.VARIABLE, {identity: LEAF}, "float", identity)
    if name == "__dict__":
        return UNKNOWN
    return Method(receiver, name)


def materialise(x: Execution, value: Value) -> Value:
    """A pending attribute of an object that is read as a value: a part with its own identity."""
    if not isinstance(value, Method):
        return value
    receiver, name = value.receiver, value.name
    if isinstance(receiver, Data) and name == "value":
        return receiver  # keras.Variable.value
    if isinstance(receiver, Object):
        if name in ("T", "value", "_value", "primal"):
            return receiver
        child = x.child(receiver.identity, f".{name}")
        return Object(child)
    return value


def _of_super(x: Execution, receiver: Super, name: str) -> Value:
    cls = receiver.receiver.cls if isinstance(receiver.receiver, Object) else receiver.receiver
    if isinstance(cls, Class):
        line = cls.ancestry()
        own = [entry.identity for entry in line]
        owner = receiver.owner.identity
        after = line[own.index(owner) + 1 :] if owner in own else ()
        for entry in after:
            found: Value | None = x.store.get(("attribute", entry.identity, name))
            if found is None:
                found = modules.read_class_member(x, entry, name)
            if isinstance(found, Function):
                return replace(found, receiver=receiver.receiver)
            if found is not None:
                return found
    if name in PARAMETER_LISTS and isinstance(receiver.receiver, Object):
        return Parameters((receiver.receiver.identity,), name)
    return Method(receiver, name)


def _of_data(x: Execution, receiver: Data, name: str, node: cst.CSTNode) -> Value:
    if name in STATIC_ATTRIBUTES or name in ("graph", "op", "device", "trainable"):
        return STATIC
    fact = tensor_attribute(name)
    if receiver.kind in (Kind.TENSOR, Kind.VARIABLE) and fact is not None and fact.kind == "static":
        return STATIC
    if name in ("value", "_value") and receiver.kind is Kind.VARIABLE:
        return Method(receiver, "value")
    if receiver.kind is Kind.UNKNOWN and name in PARAMETER_LISTS:
        return replace(receiver, identity=None) if receiver.paths else UNKNOWN
    if receiver.kind is Kind.NDARRAY and name == "T":
        return receiver
    return Method(receiver, name)
