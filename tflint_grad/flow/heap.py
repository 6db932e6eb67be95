"""What values refer to in the store: contents of lists, dictionaries, variables and objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tflint_grad.flow.paths import LEAF, NO_PATHS, Paths, combined, filled, joined, unsure
from tflint_grad.flow.values import (
    Choice,
    Data,
    DictRef,
    Generator,
    Kind,
    ListRef,
    Mapped,
    Method,
    Object,
    Parameters,
    Partial,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

EMPTY_LIST = Sequence(kind="list")
EMPTY_DICT = Mapped({})


def contents(execution: Execution, value: ListRef | DictRef) -> Sequence | Mapped:
    if isinstance(value, ListRef):
        found: Sequence | Mapped = execution.store.get(("list", value.identity), EMPTY_LIST)
    else:
        found = execution.store.get(("dict", value.identity), EMPTY_DICT)
    return found


def new_list(execution: Execution, items: Sequence) -> ListRef:
    reference = ListRef(execution.fresh())
    execution.store.set(("list", reference.identity), items)
    return reference


def new_dict(execution: Execution, items: Mapped) -> DictRef:
    reference = DictRef(execution.fresh())
    execution.store.set(("dict", reference.identity), items)
    return reference


def resolved(execution: Execution, value: Value) -> Value:
    """The contents where the value is a reference to a container, else the value."""
    if isinstance(value, (ListRef, DictRef)):
        return contents(execution, value)
    return value


def parts(execution: Execution, value: Value) -> list[Value]:
    """The elements of a container (its summary last), or nothing."""
    value = resolved(execution, value)
    if isinstance(value, Sequence):
        return [*value.items, value.rest] if value.rest is not None else list(value.items)
    if isinstance(value, Mapped):
        found = list(value.items.values())
        return [*found, value.rest] if value.rest is not None else found
    return []


def paths_of(execution: Execution, value: Value, depth: int = 0) -> Paths:
    """All that the value depends on, read as data."""
    if isinstance(value, Data):
        if value.kind is Kind.VARIABLE:
            assigned = [
                content
                for held in identities(execution, value)
                if (content := execution.store.get(("content", held))) is not None
            ]
            if assigned:
                return joined((*assigned, value.paths))  # what is assigned replaces the first value
        if value.cell is not None:
            content = execution.store.get(("array", value.cell))
            if content is not None:
                # What is written into a copy of an estimate corrects it.
                return filled(joined((value.paths, content))) if value.paths else content
        return value.paths
    if isinstance(value, Object):
        own: Paths = {value.identity: LEAF}
        content = execution.store.get(("content", value.identity))
        return own if content is None else joined((own, content))
    if depth > 8:
        return NO_PATHS
    if isinstance(value, (Sequence, ListRef, Mapped, DictRef)):
        return combined(paths_of(execution, part, depth + 1) for part in parts(execution, value))
    if isinstance(value, Parameters):
        return dict.fromkeys(value.owners, LEAF)
    if isinstance(value, Method):
        return paths_of(execution, value.receiver, depth + 1)
    if isinstance(value, Partial):
        values = (*value.arguments, *value.keywords.values())
        return combined(paths_of(execution, part, depth + 1) for part in values)
    if isinstance(value, Choice):
        return joined([paths_of(execution, option, depth + 1) for option in value.options])
    if isinstance(value, Generator):
        arguments = [paths_of(execution, part, depth + 1) for part in value.arguments.values()]
        return unsure(combined(arguments))
    return NO_PATHS


def identities(execution: Execution, value: Value, depth: int = 0) -> Iterator[int]:
    """The identities that a value holds (not those that it was computed from)."""
    if isinstance(value, Data):
        if value.identity is not None:
            yield value.identity
        elif value.kind is Kind.VARIABLE:
            # One of several variables, made by the same line: all of them are still unread.
            yield from (s for s, path in value.paths.items() if path.tapes is None and not path.cut)
    elif isinstance(value, Object):
        yield value.identity
    elif isinstance(value, Parameters):
        yield from value.owners
    elif isinstance(value, Choice):
        for option in value.options:
            yield from identities(execution, option, depth)
    elif depth < 6:
        for part in parts(execution, value):
            yield from identities(execution, part, depth + 1)
