"""How the contents of a cell are joined after a branch."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import Any

from tflint_grad.flow.paths import joined
from tflint_grad.flow.state import TapeState
from tflint_grad.flow.store import ABSENT, Key
from tflint_grad.flow.values import (
    MAX_OPTIONS,
    NOTHING,
    UNKNOWN,
    Choice,
    Data,
    Kind,
    Made,
    Mapped,
    Object,
    Sequence,
    Value,
)

#: More values than this are not told apart.
MANY = 64


def join_cells(key: Key, contents: Many[Any]) -> Any:
    present = [content for content in contents if content is not ABSENT]
    if not present:
        return ABSENT
    if len(present) == 1:
        return present[0]
    match key[0]:
        case "recording":
            return frozenset().union(*present)
        case "tape":
            return _join_tapes(present)
        case "content" | "array":
            return joined(present)
        case _:
            return join_values(present)


def _join_tapes(states: Many[TapeState]) -> TapeState:
    watched = dict(pair for state in states for pair in state.watched)
    return replace(
        states[0],
        recording=any(state.recording for state in states),
        entered=any(state.entered for state in states),
        closed=any(state.closed for state in states),
        ended=next((state.ended for state in states if state.ended is None), states[0].ended),
        uses_min=min(state.uses_min for state in states),
        uses_max=max(state.uses_max for state in states),
        first_use=next((state.first_use for state in states if state.first_use), None),
        watched=tuple(watched.items()),
        deleted=any(state.deleted for state in states),
    )


def join_values(values: Many[Value]) -> Value:
    """One of several values, kept as exact as it is cheap."""
    if len(values) > MANY:
        # A long literal: comparing each with each would be quadratic.
        data = [value for value in values if isinstance(value, Data)]
        rest = [value for value in values if not isinstance(value, Data)][:MANY]
        values = [_join_data(data), *rest] if data else rest
    options: list[Value] = []
    for value in values:
        for option in value.options if isinstance(value, Choice) else (value,):
            if all(option is not known and not _same(option, known) for known in options):
                options.append(option)
    if len(options) == 1:
        return options[0]
    plain = [
        option for option in options if isinstance(option, Data) and option.constant is not None
    ]
    others = [option for option in options if option not in plain]
    if len(plain) > 1:
        options = [_join_data(plain), *others]
    if all(isinstance(option, Sequence) for option in options):
        return _join_sequences(options)  # type: ignore[arg-type]
    if all(isinstance(option, Mapped) for option in options):
        return _join_mapped(options)  # type: ignore[arg-type]
    if len(options) == 1:
        return options[0]
    return Choice(tuple(options)) if len(options) <= MAX_OPTIONS else UNKNOWN


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, Data) and isinstance(right, Data):
        return (
            left.constant is not NOTHING
            and left.constant.__class__ is right.constant.__class__
            and left.constant == right.constant
            and left.identity == right.identity
        )
    if isinstance(left, Object) and isinstance(right, Object):
        return left.identity == right.identity
    return False


def _join_data(options: Many[Data]) -> Data:
    first = options[0]
    kinds = {option.kind for option in options}
    kind = first.kind if len(kinds) == 1 else Kind.UNKNOWN
    dtypes = {option.dtype for option in options}
    identities = {option.identity for option in options}
    made: Made | None = None
    if all(option.made is not None for option in options):
        made = max((o.made for o in options if o.made), key=lambda m: len(m.recording))
    constants_agree = all(option.constant is first.constant for option in options)
    return Data(
        kind,
        joined([option.paths for option in options]),
        first.dtype if len(dtypes) == 1 else "",
        first.identity if len(identities) == 1 else None,
        first.constant if constants_agree else NOTHING,
        made,
        all(option.symbolic for option in options),
        first.rebound if all(option.rebound is first.rebound for option in options) else None,
        first.cell if all(option.cell == first.cell for option in options) else None,
    )


def _join_sequences(options: Many[Sequence]) -> Sequence:
    kind = options[0].kind
    lengths = {len(option.items) for option in options}
    if len(lengths) == 1 and all(option.rest is None for option in options):
        rows = zip(*(option.items for option in options), strict=True)
        return Sequence(tuple(join_values(row) for row in rows), None, kind)
    values = [item for option in options for item in option.items]
    values += [option.rest for option in options if option.rest is not None]
    return Sequence((), join_values(values) if values else None, kind)


def _join_mapped(options: Many[Mapped]) -> Mapped:
    keys = dict.fromkeys(key for option in options for key in option.items)
    items = {
        key: join_values([option.items[key] for option in options if key in option.items])
        for key in keys
    }
    rests = [option.rest for option in options if option.rest is not None]
    return Mapped(items, join_values(rests) if rests else None)
