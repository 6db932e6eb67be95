"""Names: reading and binding them by Python's own scoping, and which values they identify."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap, modules
from tflint_grad.flow.paths import LEAF, Station
from tflint_grad.flow.state import Scope, SourceKind
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    UNKNOWN,
    Data,
    DictRef,
    Kind,
    Known,
    ListRef,
    Mapped,
    Rebound,
    Sequence,
    Tape,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

#: Elements of a longer container get no identities of their own.
MAX_IDENTIFIED = 16
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
