"""Names and attributes: reading and binding them, by Python's own scoping."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap, modules
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import LEAF, Station
from tflint_grad.flow.state import Keeper, Scope, SourceKind
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
    Function,
    Kind,
    Known,
    ListRef,
    Mapped,
    Method,
    Module,
    Object,
    Parameters,
    Rebound,
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
#: Elements of a longer container get no identities of their own.
MAX_IDENTIFIED = 16
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
_BUILTINS = frozenset(dir(builtins))


def new_scope(
    x: Execution, parent: int | None, is_class: bool = False, is_comprehension: bool = False
) -> int:
    x.scopes.append(Scope(parent, is_class, is_comprehension))
    return len(x.scopes) - 1


def _scope_of(x: Execution, name: str) -> int:
    """The scope that an assignment to a name writes to."""
    scope = x.frame.scope
    info = x.scopes[scope]
    if name in info.globals:
        return modules.global_scope(x, scope)
    if name in info.nonlocals:
        parent = info.parent
        while parent is not None:
            if ("name", parent, name) in x.store:
                return parent
            parent = x.scopes[parent].parent
    return scope


def read_name(x: Execution, name: str) -> Value:
    found = read_in_scope(x, _scope_of(x, name), name)
    if found is not None:
        return found
    if name in _BUILTINS:
        if name in ("None", "True", "False"):
            return (
                NONE if name == "None" else Data(Kind.HOST, dtype="bool", constant=name == "True")
            )
        return Known(f"builtins.{name}")
    return UNKNOWN


def read_in_scope(x: Execution, start: int, name: str) -> Value | None:
    """What a name stands for in a scope or in those around it."""
    scope: int | None = start
    while scope is not None:
        info = x.scopes[scope]
        value: Value | None = None
        if scope == start or not info.is_class:
            value = x.store.get(("name", scope, name))
            if value is None and info.parent is None:
                value = modules.read_global(x, scope, name)
        if value is not None:
            return modules.resolved(x, value)
        scope = info.parent
    return None


def bind_name(x: Execution, name: str, value: Value, node: cst.CSTNode) -> None:
    scope = _scope_of(x, name)
    key = ("name", scope, name)
    old = x.store.get(key)
    _name_variable(x, name, value)
    value = identified(x, name, value, node)
    value = note_rebinding(x, name, old, value, node)
    if isinstance(old, Tape) and old is not value:
        # The old tape goes when its name is bound anew (TF 2.21: before the next forward pass).
        x.set_tape(old.identity, replace(x.tape_state(old.identity), deleted=True))
        x.tapes[old.identity].deleted = x.tapes[old.identity].deleted or not isinstance(value, Tape)
    if isinstance(value, Tape) and x.scopes[scope].parent is None:
        x.tapes[value.identity].module_name = name
    x.store.set(key, value)


def _name_variable(x: Execution, name: str, value: Value) -> None:
    """A variable goes by the first name that it is bound to."""
    if isinstance(value, Data) and value.kind is Kind.VARIABLE and value.identity is not None:
        source = x.sources[value.identity]
        if source.name == "variable":
            source.name = name


def identified(x: Execution, name: str, value: Value, node: cst.CSTNode) -> Value:
    """Give a tensor that a gradient is asked for by this name an identity of its own.

    One that becomes a host value has it as well: it may stay live beside that.
    """
    if name not in x.source_names:
        if name in x.converted_names and _is_live_tensor(value):
            assert isinstance(value, Data)
            identity = x.new_source(SourceKind.INTERMEDIATE, name)
            return replace(value, identity=identity, paths={**value.paths, identity: LEAF})
        return value
    if isinstance(value, (ListRef, DictRef, Sequence, Mapped)):
        return _with_identified_items(x, name, value, node)
    if (
        isinstance(value, Data)
        and value.identity is None
        and value.constant is NOTHING
        and value.kind is not Kind.HOST
    ):
        if any(path.cut is None for path in value.paths.values()):
            kind = SourceKind.INTERMEDIATE
        elif value.kind is Kind.UNKNOWN:
            kind = SourceKind.OBJECT
        else:
            kind = SourceKind.TENSOR
        identity = x.new_source(kind, name, _visible_creation(x, kind, value))
        return replace(value, identity=identity, paths={**value.paths, identity: LEAF})
    return value


def _is_live_tensor(value: Value) -> bool:
    return (
        isinstance(value, Data)
        and value.identity is None
        and value.kind in (Kind.TENSOR, Kind.UNKNOWN)
        and any(path.cut is None and path.tapes for path in value.paths.values())
    )


def _with_identified_items(
    x: Execution, name: str, value: ListRef | DictRef | Sequence | Mapped, node: cst.CSTNode
) -> Value:
    """The elements of a list of sources are sources."""
    content = heap.resolved(x, value)
    if isinstance(content, Sequence) and len(content.items) <= MAX_IDENTIFIED:
        items = tuple(_identified_item(x, name, item, node) for item in content.items)
        rest = content.rest and _identified_item(x, name, content.rest, node)
        if rest is content.rest and all(a is b for a, b in zip(items, content.items, strict=True)):
            return value
        content = Sequence(items, rest, content.kind)
        if isinstance(value, ListRef):
            x.store.set(("list", value.identity), content)
            return value
        return content
    if isinstance(content, Mapped) and len(content.items) <= MAX_IDENTIFIED:
        mapped = {k: _identified_item(x, name, item, node) for k, item in content.items.items()}
        if all(mapped[k] is content.items[k] for k in mapped):
            return value
        content = Mapped(mapped, content.rest)
        if isinstance(value, DictRef):
            x.store.set(("dict", value.identity), content)
            return value
        return content
    return value


def _identified_item(x: Execution, name: str, item: Value, node: cst.CSTNode) -> Value:
    """Only what is known to be a tensor: of anything else the container tells too little."""
    if isinstance(item, Data) and item.kind is Kind.TENSOR:
        return identified(x, name, item, node)
    return item


def _visible_creation(x: Execution, kind: SourceKind, value: Data) -> Station | None:
    """Where a tensor is made: anywhere in the file, or in this frame if computed from others."""
    if value.made is None:
        return None
    here = value.made.station.calls == x.frame.calls
    return value.made.station if here or kind is SourceKind.TENSOR else None


def note_rebinding(
    x: Execution, name: str, old: Value | None, value: Value, node: cst.CSTNode
) -> Value:
    """Remember that a variable's name now holds a tensor computed from that variable."""
    if isinstance(value, Data) and isinstance(old, Data):
        return _rebound_item(x, name, (old,), value, node)
    if isinstance(value, (ListRef, Sequence)) and isinstance(old, (ListRef, Sequence)):
        before = [item for item in heap.parts(x, old) if isinstance(item, Data)]
        content = heap.resolved(x, value)
        if before and isinstance(content, Sequence):
            items = tuple(_rebound_item(x, name, before, item, node) for item in content.items)
            rest = content.rest and _rebound_item(x, name, before, content.rest, node)
            content = Sequence(items, rest, content.kind)
            if isinstance(value, Sequence):
                return content
            x.store.set(("list", value.identity), content)
    return value


def _rebound_item(
    x: Execution, name: str, olds: Iterable[Data], value: Value, node: cst.CSTNode
) -> Value:
    if not isinstance(value, Data) or value.kind is Kind.VARIABLE or value.made is None:
        return value
    for old in olds:
        if old.kind is Kind.VARIABLE:
            for identity in heap.identities(x, old):
                if identity in value.paths:
                    return replace(value, rebound=Rebound(x.station(node), identity, name))
        elif old.rebound is not None and old.rebound.variable in value.paths:
            return replace(value, rebound=old.rebound)
    return value


# --- attributes


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


# --- containers and escape


def keep(
    x: Execution,
    tape: Tape,
    kind: str,
    name: str,
    node: cst.CSTNode | None,
    long_lived: bool = True,
    holder: Value | None = None,
) -> None:
    """Something holds a tape beyond the block that recorded."""
    station = x.station(node) if node is not None else None
    held_by = holder.identity if isinstance(holder, Object) else None
    x.tapes[tape.identity].keepers.append(Keeper(kind, name, station, long_lived, held_by))


def is_long_lived(x: Execution, container: Value) -> bool:
    """Whether a list or dictionary belongs to the module or to an object."""
    if not isinstance(container, (ListRef, DictRef)):
        return False
    return any(
        isinstance(value, (ListRef, DictRef))
        and value.identity == container.identity
        and (key[0] == "attribute" or (key[0] == "name" and _is_global(x, key[1])))
        for key, value in x.store.items()
    )


def _is_global(x: Execution, scope: object) -> bool:
    return isinstance(scope, int) and x.scopes[scope].parent is None


def escape(x: Execution, value: Value, depth: int = 0) -> None:
    """The value leaves our sight; a tape in it may be used by anybody."""
    if isinstance(value, Tape):
        x.tapes[value.identity].escaped = True
        state = x.tape_state(value.identity)
        x.set_tape(value.identity, replace(state, uses_min=0))
    elif isinstance(value, Object):
        x.passing.discard(value.identity)
    elif isinstance(value, (ListRef, DictRef, Sequence)) and depth < 6:
        for part in heap.parts(x, value):
            escape(x, part, depth + 1)
    elif isinstance(value, Function):
        _escape_closure(x, value)
    elif isinstance(value, Choice):
        for option in value.options:
            escape(x, option, depth + 1)


def _escape_closure(x: Execution, function: Function) -> None:
    """A closure that leaves our sight takes the tapes of its scope along, if it names them."""
    names = _names_in(function)
    scope: int | None = function.scope
    while scope is not None and x.scopes[scope].parent is not None:
        for name in names:
            value = x.store.get(("name", scope, name))
            if isinstance(value, Tape):
                escape(x, value)
        scope = x.scopes[scope].parent


def _names_in(function: Function) -> frozenset[str]:
    from tflint_grad.flow.syntax import loaded_names

    return loaded_names(function.node)
