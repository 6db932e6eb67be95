"""Who holds a value: tapes that outlive their block, and values that leave our sight."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.state import Keeper
from tflint_grad.flow.values import (
    Choice,
    DictRef,
    Function,
    ListRef,
    Object,
    Sequence,
    Tape,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution


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
