"""The question: what a gradient call gets for each source that it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.events import Answer
from tflint_grad.flow.paths import ANYTHING, NO_TAPES, Break, Cause, Path, Paths, Station, Step
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    Argument,
    Choice,
    Data,
    Kind,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: Cuts whose loss beside a live part is reported: the others are nearly always meant.
_HOST_BREAKS = (Break.HOST_CALL, Break.HOST_CONVERSION, Break.PYTHON_FUNCTION)
_MADE_KINDS = (SourceKind.VARIABLE, SourceKind.FROZEN, SourceKind.TENSOR)


@dataclass(frozen=True, slots=True, eq=False)
class AskedSource:
    """One source of a gradient call, as it is spelled and as it is known."""

    text: str
    identities: tuple[int, ...]
    value: Value
    is_group: bool  # stands for several variables, such as model.trainable_variables

    def matches(self, x: Execution, identity: int) -> bool:
        """Whether a dependency on `identity` may be one on this source."""
        if identity in self.identities:
            return True
        owners = x.ancestors(identity)
        if any(own in owners for own in self.identities):
            return True
        return any(identity in x.ancestors(own) for own in self.identities)


def describe_target(target: Argument) -> str:
    return text_of(target.place.node) if target.place is not None else "target"


def asked_sources(x: Execution, sources: Argument) -> list[AskedSource]:
    """The sources one by one, spelled as in the call where it lists them."""
    node = sources.place.node if sources.place is not None else None
    content = heap.resolved(x, sources.value)
    if isinstance(content, Sequence) and content.rest is None:
        spelled = _spelled(node, len(content.items))
        return [
            entry
            for item, text in zip(content.items, spelled, strict=True)
            for entry in _one(x, item, text)
        ]
    if isinstance(content, Mapped):
        spelled = _spelled(node, len(content.items))
        return [
            entry
            for item, text in zip(content.items.values(), spelled, strict=True)
            for entry in _one(x, item, text)
        ]
    return _one(x, sources.value, _text(node))


def _spelled(node: cst.CSTNode | None, count: int) -> list[str]:
    """The sources as a literal list or dictionary spells them, else by the whole expression."""
    if isinstance(node, (cst.List, cst.Tuple, cst.Dict)) and len(node.elements) == count:
        return [text_of(element.value) for element in node.elements]
    return [_text(node)] * count


def _text(node: cst.CSTNode | None) -> str:
    return text_of(node) if node is not None else "source"


def _one(x: Execution, value: Value, text: str) -> list[AskedSource]:
    match value:
        case Data() if value.identity is not None:
            return [AskedSource(text, (value.identity,), value, False)]
        case Object() if value.identity in x.elements:
            return [AskedSource(text, (x.elements[value.identity],), value, True)]
        case Data() | Object():
            found = tuple(heap.identities(x, value))
            return [AskedSource(text, found, value, False)] if found else []
        case Parameters():
            return [AskedSource(text, value.owners, value, True)]
        case Choice():
            found = tuple(heap.identities(x, value))
            return [AskedSource(text, found, value, True)] if found else []
        case _:
            found = tuple(x.elements.get(i, i) for i in heap.identities(x, value))
            return [AskedSource(text, found, value, True)] if found else []


def answer(
    x: Execution, tape: int, target: Argument, paths: Paths, source: AskedSource
) -> Answer:
    """What the tape knows of the way from one source to the target."""
    created = _created(x, source)
    kind = x.sources[source.identities[0]].kind
    described = kind.value
    base = {"source": source.text, "created": created, "source_kind": described}
    matched = [
        (identity, path)
        for identity, path in paths.items()
        if identity != ANYTHING and source.matches(x, identity)
    ]
    anything = paths.get(ANYTHING)
    may_carry = anything is not None and anything.cut is None and tape in (anything.tapes or ())
    rebound = source.value.rebound if isinstance(source.value, Data) else None
    extra = {
        "rebound": rebound.station if rebound is not None else None,
        "rebound_name": rebound.name if rebound is not None else "",
    }
    live = [(i, p) for i, p in matched if p.cut is None]
    recorded = [(i, p) for i, p in live if p.tapes is None or tape in p.tapes]
    unwatched = _never_watched(x, tape, source)
    if recorded and not unwatched:
        late = _watched_late(x, tape, source, recorded)
        if late is not None:
            step, watched = late
            return Answer(state="unrecorded", missed=step.station, missed_before_watch=watched, **base, **extra)  # type: ignore[arg-type]
        lost = [
            part.cause
            for _, path in recorded
            for part in path.lost
            if part.cause.kind in _HOST_BREAKS and tape in part.tapes
        ]
        sure = any(path.sure for _, path in recorded)
        sibling = _watched_sibling(x, tape, source, recorded)
        if sibling:
            base["source_kind"] = "sibling"
            return Answer(state="unwatched", sure=sure, proven=False, **base)  # type: ignore[arg-type]
        if lost and sure:
            return Answer(state="lost", cause=lost[0], sure=sure, **base)  # type: ignore[arg-type]
        return Answer(state="live", sure=sure, **base)  # type: ignore[arg-type]
    if unwatched and (recorded or not matched) and not may_carry and (recorded or _is_definite(x, source)):
        if recorded:
            sure = any(path.sure for _, path in recorded)
            return Answer(state="unwatched", sure=sure, **base, **extra)  # type: ignore[arg-type]
    cuts = [
        path
        for _, path in matched
        if path.cut is not None and (path.tapes is None or tape in path.tapes)
    ]
    if unwatched and live:
        missed = _first_missed(tape, [path for _, path in live])
        if missed is None or tape in missed.recording:
            return Answer(state="unwatched", sure=any(p.sure for _, p in live), **base, **extra)  # type: ignore[arg-type]
    if cuts and not live:
        cut = next((path for path in cuts if path.sure), cuts[0])
        return Answer(
            state="cut", cause=cut.cut, sure=cut.sure, proven=not may_carry, **base, **extra  # type: ignore[arg-type]
        )
    if live:
        path = next((p for _, p in live if p.sure), live[0][1])
        missed = _first_missed(tape, [path])
        watched = _watch_station(x, tape, source)
        if missed is None:
            return Answer(state="unknown", sure=False, **base)  # type: ignore[arg-type]
        late = watched if tape in missed.recording else None
        if tape in missed.recording and watched is None:
            return Answer(state="unwatched", sure=path.sure, **base, **extra)  # type: ignore[arg-type]
        return Answer(
            state="unrecorded",
            missed=missed.station,
            missed_is_gradient=missed.is_gradient,
            missed_before_watch=late,
            sure=path.sure,
            proven=not may_carry,
            **base,  # type: ignore[arg-type]
            **extra,  # type: ignore[arg-type]
        )
    made = _target_made_unrecorded(x, tape, target.value)
    if made is not None:
        return Answer(state="unrecorded", missed=made, sure=True, **base, **extra)  # type: ignore[arg-type]
    if matched or may_carry or any(not path.sure for path in paths.values()):
        return Answer(state="unknown", sure=False, **base)  # type: ignore[arg-type]
    if not _is_definite(x, source) or not _is_known_result(x, target.value, paths):
        return Answer(state="unknown", sure=False, **base)  # type: ignore[arg-type]
    return Answer(state="absent", **base, **extra)  # type: ignore[arg-type]


def _created(x: Execution, source: AskedSource) -> Station | None:
    return x.sources[source.identities[0]].station


def _is_definite(x: Execution, source: AskedSource) -> bool:
    """Whether we know what the source is: made in sight, not of unknown origin."""
    return all(_is_known(x, identity) for identity in source.identities)


def _is_known(x: Execution, identity: int) -> bool:
    """Made in sight, and not as one of several results of a call, which may depend on each other."""
    source = x.sources[identity]
    return source.kind in _MADE_KINDS or source.is_library


def _is_known_result(x: Execution, value: Value, paths: Paths) -> bool:
    return (
        isinstance(value, Data)
        and value.kind is Kind.TENSOR
        and value.made is not None
        and any(_is_known(x, identity) for identity in paths)
    )


def _never_watched(x: Execution, tape: int, source: AskedSource) -> bool:
    """A plain tensor that the tape neither watches nor computed from what it watches."""
    if source.is_group or len(source.identities) != 1:
        return False
    identity = source.identities[0]
    kind = x.sources[identity].kind
    state = x.tape_state(tape)
    watched = {known for known, _ in state.watched}
    if identity in watched or watched & x.ancestors(identity):
        return False
    site = x.tapes[tape]
    if kind is SourceKind.VARIABLE:
        return site.automatic is False
    if kind in (SourceKind.TENSOR, SourceKind.FROZEN):
        return True
    if kind is SourceKind.OBJECT:
        return site.automatic is False and not watched
    if kind is SourceKind.INTERMEDIATE and isinstance(source.value, Data):
        others = [p for i, p in source.value.paths.items() if i != identity]
        return not any(path.tapes is None or tape in path.tapes for path in others)
    return False


def _watch_station(x: Execution, tape: int, source: AskedSource) -> Station | None:
    state = x.tape_state(tape)
    for identity in source.identities:
        found = state.watch_station(identity)
        if found is not None:
            return found
    return None


def _watched_late(
    x: Execution, tape: int, source: AskedSource, recorded: Iterable[tuple[int, Path]]
) -> tuple[Step, Station] | None:
    """The recording was only assumed, and the watch that came later shows that it was not."""
    watched = _watch_station(x, tape, source)
    if watched is None:
        return None
    late = {known for known, _ in x.tape_state(tape).watched}
    for identity, path in recorded:
        if identity not in source.identities or not path.carriers or not path.carriers <= late:
            return None
    for _, path in recorded:
        if path.steps:
            return path.steps[0], watched
    return None


def _watched_sibling(
    x: Execution, tape: int, source: AskedSource, recorded: list[tuple[int, Path]]
) -> bool:
    """A parameter is asked for and never watched, while another one is both: likely forgotten."""
    if source.is_group or not isinstance(source.value, Object) or source.value.cls is not None:
        return False
    identity = source.identities[0]
    own = x.sources[identity]
    if own.kind is not SourceKind.OBJECT or own.owners or own.station is None:
        return False
    if not own.is_parameter:
        return False
    watched = [known for known, _ in x.tape_state(tape).watched]
    if identity in watched or any(identity in x.ancestors(known) for known in watched):
        return False
    return any(
        x.sources[known].is_parameter and known in x.asked and known != identity
        for known in watched
    )


def _first_missed(tape: int, paths: Iterable[Path]) -> Step | None:
    """The step that the tape did not record; a gradient call outside of it is the one to name."""
    paths = list(paths)
    for path in paths:
        for step in path.steps:
            if step.is_gradient and tape not in step.tapes:
                return step
    for path in paths:
        for step in path.steps:
            if tape not in step.tapes:
                return step
    return None


def _target_made_unrecorded(x: Execution, tape: int, value: Value) -> Station | None:
    """The target is the result of an operation that ran while the tape was not recording."""
    if isinstance(value, Data) and value.made is not None and tape not in value.made.recording:
        if value.kind in (Kind.TENSOR, Kind.UNKNOWN):
            return value.made.station
    return None


def cause_of_host_target(value: Value, paths: Paths) -> Cause | None:
    """Why the target is no tensor (a host value), where that is so."""
    if isinstance(value, Data) and value.kind in (Kind.HOST, Kind.NDARRAY):
        for path in paths.values():
            if path.cut is not None:
                return path.cut
    return None


__all__ = ["NO_TAPES", "AskedSource", "answer", "asked_sources", "cause_of_host_target"]
