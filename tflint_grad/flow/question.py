"""The question: what a gradient call gets for each source that it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.coefficients import is_weight
from tflint_grad.flow.events import Answer
from tflint_grad.flow.paths import (
    ANYTHING,
    HOST_BREAKS,
    NO_TAPES,
    Break,
    Cause,
    Lost,
    Path,
    Paths,
    Station,
    Step,
)
from tflint_grad.flow.pauses import severed
from tflint_grad.flow.record import record
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

_MADE_KINDS = (SourceKind.VARIABLE, SourceKind.FROZEN, SourceKind.TENSOR)


@record
class AskedSource:
    """One source of a gradient call, as it is spelled and as it is known.

    `is_group`: it stands for several variables, such as `model.trainable_variables`. `is_part`: the
    text spells other sources as well.
    """

    text: str
    identities: tuple[int, ...]
    value: Value
    is_group: bool
    is_part: bool = False

    def matches(self, x: Execution, identity: int) -> bool:
        """Whether a dependency on `identity` may be one on this source."""
        if identity in self.identities:
            return True
        if x.sources[identity].kind is SourceKind.FROZEN and self._is_trainable_only:
            return False
        owners = x.ancestors(identity)
        if any(own in owners for own in self.identities):
            return True
        return any(identity in x.ancestors(own) for own in self.identities)

    @property
    def _is_trainable_only(self) -> bool:
        return isinstance(self.value, Parameters) and self.value.which.startswith("trainable_")


def describe_target(target: Argument) -> str:
    return text_of(target.place.node) if target.place is not None else "target"


def asked_sources(x: Execution, sources: Argument) -> list[AskedSource]:
    """The sources one by one, spelled as in the call where it lists them."""
    node = sources.place.node if sources.place is not None else None
    parts = _parts(x, sources.value)
    spelled = _spelled(node)
    whole = _text(node)
    single = len(spelled) == len(parts)
    texts = [_text(part) for part in spelled] if single else [whole] * len(parts)
    found = [
        entry for part, text in zip(parts, texts, strict=True) for entry in _one(x, part, text)
    ]
    if not found and any(not x.is_none(part) for part in parts):
        # Whatever it is: nothing comes back where nothing of the target is live or recorded.
        unknown = x.unknown_object(whole)
        return [AskedSource(whole, (unknown.identity,), unknown, True)]
    several = not single and len(parts) > 1 and len(found) > 1
    return [replace(entry, is_part=True) for entry in found] if several else found


def _parts(x: Execution, sources: Value) -> list[Value]:
    """What a list of sources is made of, as far as that can be told apart."""
    content = heap.resolved(x, sources)
    match content:
        case Sequence():
            rest = content.rest
            others = list(rest.options) if isinstance(rest, Choice) else [rest]
            return [*content.items, *(part for part in others if part is not None)]
        case Mapped() if content.rest is None:
            return list(content.items.values())
        case Parameters():
            return [Parameters((owner,), content.which) for owner in content.owners]
        case _:
            return [sources]


def _spelled(node: cst.CSTNode | None) -> list[cst.CSTNode | None]:
    """The sources as a literal list, dictionary or sum of lists spells them."""
    match node:
        case cst.List() | cst.Tuple() | cst.Dict():
            return [element.value for element in node.elements]
        case cst.BinaryOperation(operator=cst.Add()):
            return [*_spelled(node.left), *_spelled(node.right)]
        case _:
            return [node]


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
            return [AskedSource(text, found, value, len(found) > 1)] if found else []
        case Parameters():
            return [AskedSource(text, value.owners, value, True)]
        case Choice():
            found = tuple(heap.identities(x, value))
            return [AskedSource(text, found, value, True)] if found else []
        case _:
            found = tuple(x.elements.get(i, i) for i in heap.identities(x, value))
            return [AskedSource(text, found, value, True)] if found else []


def answer(x: Execution, tape: int, target: Argument, paths: Paths, source: AskedSource) -> Answer:
    """What the tape knows of the way from one source to the target.

    A tape of another entry (stored on an object, say) has a history that no single execution shows:
    then only what is cut is told.
    """
    found = _answer(x, tape, target, paths, source)
    elsewhere = x.opened_in.get(tape, 0) not in (0, x.entry)  # 0: the module itself
    if elsewhere and found.state in ("unrecorded", "unwatched", "absent"):
        return replace(found, state="unknown", sure=False)
    return found


def _answer(x: Execution, tape: int, target: Argument, paths: Paths, source: AskedSource) -> Answer:
    rebound = source.value.rebound if isinstance(source.value, Data) else None
    first = source.identities[0]
    from_batch = x.is_within(x.batches, first)
    blank = Answer(
        source=source.text,
        is_part=source.is_part,
        state="unknown",
        created=None if from_batch else x.sources[first].station,
        source_kind=(SourceKind.TENSOR if from_batch else x.sources[first].kind).value,
        rebound=rebound.station if rebound is not None else None,
        rebound_name=rebound.name if rebound is not None else "",
    )
    matched = [
        (identity, path)
        for identity, path in paths.items()
        if identity != ANYTHING and source.matches(x, identity)
    ]
    live = [(identity, path) for identity, path in matched if path.cut is None]
    recorded = [(i, path) for i, path in live if path.tapes is None or tape in path.tapes]
    unwatched = _never_watched(x, tape, source)
    if recorded and unwatched:
        stopped = severed(x, tape, source, [])
        if stopped is not None:
            return replace(blank, state="cut", cause=stopped)
        return replace(blank, state="unwatched", sure=any(path.sure for _, path in recorded))
    if recorded:
        found = _answer_recorded(x, tape, source, recorded, paths, blank)
        part = _cut_part(x, tape, source, paths) if found.state == "live" else None
        if part is None:
            return found
        proven = not _may_carry(tape, paths)
        return replace(blank, state="cut", cause=part, is_part=True, proven=proven)
    proven = not _may_carry(tape, paths)
    made = _target_made_unrecorded(x, tape, target.value)
    is_data = isinstance(target.value, Data)
    cuts = [
        path
        for _, path in matched
        if path.cut is not None and (path.tapes is None or tape in path.tapes)
    ]
    if live and not _only_data(x, live, cuts):
        careless = _recorded_cut(tape, live)
        if careless is not None:
            return replace(blank, state="cut", cause=careless, proven=proven)
        stopped = severed(x, tape, source, [path for _, path in live])
        if stopped is not None:
            sure = any(path.sure for _, path in live)
            return replace(blank, state="cut", cause=stopped, sure=sure, proven=proven)
        missed = _answer_missed(x, tape, source, live, unwatched, blank)
        opaque = missed.state == "unrecorded" and not missed.sure
        if made is not None and opaque and not missed.missed_is_gradient:
            # However opaque the way is: what made the target itself was not recorded.
            return replace(blank, state="unrecorded", missed=made, sure=is_data)
        return replace(missed, proven=proven)
    if made is not None and not cuts:
        return replace(blank, state="unrecorded", missed=made, sure=is_data)
    if not cuts and proven and x.opened_in.get(tape, 0) in (0, x.entry):
        # Cut before the tape was opened.
        cuts = [path for _, path in matched if path.cut is not None and path.sure]
    if cuts:
        cut = next((path for path in cuts if path.sure), cuts[0])
        dead = all(
            path.cut is not None or x.sources[identity].kind in _MADE_KINDS
            for identity, path in paths.items()
        )
        return replace(
            blank, state="cut", cause=cut.cut, sure=cut.sure, proven=proven, is_dead=dead
        )
    last = _fatal_cut(tape, paths) if not matched else None
    if last is not None:
        return replace(blank, state="cut", cause=last, sure=False, is_dead=True)
    if matched or not proven or any(not path.sure for path in paths.values()):
        return replace(blank, sure=False)
    if not _is_definite(x, source) or not _is_known_result(x, target.value, paths):
        return replace(blank, sure=False)
    if x.called_unknown & paths.keys():
        return replace(blank, sure=False)  # it may hold what is asked for
    return replace(blank, state="absent")


def _recorded_cut(tape: int, live: list[tuple[int, Path]]) -> Cause | None:
    """What cut the part that the tape has recorded, where the live part was computed elsewhere.

    `target = sharpen(model(x))` before the tape and `loss = f(target, tf.sign(model(x)))` under it.
    """
    found = [
        part.cause
        for _, path in live
        if path.sure
        for part in path.lost
        if tape in part.tapes and part.cause.kind in _CARELESS_BREAKS and not part.cause.meant
    ]
    return found[0] if found else None


def _only_data(x: Execution, live: list[tuple[int, Path]], cuts: list[Path]) -> bool:
    """What was prepared before the tape is data, where the tape has seen a variable being cut.

    `self.y = tf.constant(y)` belongs to the model as its weights do, of which it is none.
    """
    return any(cut.sure for cut in cuts) and all(
        x.sources[identity].kind is SourceKind.OBJECT and not path.tapes and path.steps
        for identity, path in live
    )


def _fatal_cut(tape: int, paths: Paths) -> Cause | None:
    """The step after which nothing at all of the target is live, so that no source gets anything."""
    causes = {path.cut for path in paths.values()}
    seen = [cause for cause in causes if cause is not None and tape in cause.recording]
    return max(seen, key=lambda cause: cause.moment) if seen and None not in causes else None


def _may_carry(tape: int, paths: Paths) -> bool:
    """Whether something of unknown origin reaches the target, recorded by the tape."""
    anything = paths.get(ANYTHING)
    return anything is not None and anything.cut is None and tape in (anything.tapes or NO_TAPES)


def _answer_recorded(
    x: Execution,
    tape: int,
    source: AskedSource,
    recorded: list[tuple[int, Path]],
    paths: Paths,
    blank: Answer,
) -> Answer:
    """The tape has recorded a way from the source: live, unless that was only assumed."""
    late = _watched_late(x, tape, source, recorded)
    if late is not None:
        step, watched = late
        return replace(blank, state="unrecorded", missed=step.station, missed_before_watch=watched)
    sure = any(path.sure for _, path in recorded)
    if _watched_sibling(x, tape, source):
        return replace(blank, state="unwatched", sure=sure, proven=False, source_kind="sibling")
    lost = [
        part.cause
        for _, path in recorded
        for part in path.lost
        if part.cause.kind in HOST_BREAKS
        and not part.cause.meant
        and tape in part.tapes
        and not is_weight(part.cause, paths)
    ]
    if lost and sure:
        return replace(blank, state="lost", cause=lost[0])
    return replace(blank, state="live", sure=sure)


def _answer_missed(
    x: Execution,
    tape: int,
    source: AskedSource,
    live: list[tuple[int, Path]],
    unwatched: bool,
    blank: Answer,
) -> Answer:
    """The way is whole, but the tape has not recorded all of it."""
    sure = any(path.sure for _, path in live)
    path = next((path for _, path in live if path.sure), live[0][1])
    missed = _first_missed(tape, [path])
    if missed is None:
        beside = all(_is_beside(path) for _, path in live)
        if beside and blank.created is not None and _watch_station(x, tape, source) is not None:
            return replace(blank, state="unrecorded", missed=blank.created, missed_surely=True)
        return replace(
            blank, state="unwatched" if unwatched else "unknown", sure=sure and unwatched
        )
    ran = tape in missed.recording
    watched = _watch_station(x, tape, source)
    if ran and watched is None:
        return replace(blank, state="unwatched", sure=sure)
    return replace(
        blank,
        state="unrecorded",
        missed=missed.station,
        missed_is_gradient=missed.is_gradient,
        missed_surely=missed.sure and source.is_group,
        missed_before_watch=watched if ran else None,
        sure=path.sure,
    )


def _is_beside(path: Path) -> bool:
    """Whether the way is only that two results came out of one call, which may depend on each other.

    Whatever they are to each other was settled when the call ran.
    """
    return not path.sure and path.tapes is not None and not path.steps


#: Breaks that nobody means for a part of what is trained.
_CARELESS_BREAKS = (
    *HOST_BREAKS,
    Break.NO_GRADIENT,
    Break.INTEGER_CAST,
    Break.ZERO_GRADIENT,
    Break.REWRAP,
)


def _cut_part(x: Execution, tape: int, source: AskedSource, paths: Paths) -> Cause | None:
    """Why a model or variable within the source gets nothing, while other parts of it do."""
    if not source.is_group and not isinstance(source.value, Parameters):
        return None
    live = {identity for identity, path in paths.items() if path.cut is None}
    for identity, path in paths.items():
        if path.cut is None or not path.sure or path.cut.kind not in _CARELESS_BREAKS:
            continue
        if x.sources[identity].kind not in (SourceKind.VARIABLE, SourceKind.MODEL):
            continue
        if path.tapes is not None and tape not in path.tapes:
            continue
        around = x.ancestors(identity)
        if not any(own in around for own in source.identities) or around & live:
            continue
        if not any(identity in x.ancestors(other) for other in live):
            return path.cut
    return None


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
        if site.automatic is False and not watched:
            return True
        return x.is_within(x.batches, identity)
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


def _watched_sibling(x: Execution, tape: int, source: AskedSource) -> bool:
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
    if isinstance(value, Object):
        return _computed_outside(x, value)
    if not isinstance(value, Data) or value.made is None or tape in value.made.recording:
        return None
    if tape in dict(value.made.paused):
        return None
    return value.made.station if value.kind in (Kind.TENSOR, Kind.UNKNOWN) else None


def _computed_outside(x: Execution, value: Object) -> Station | None:
    """`loss = loss_fn(labels, outputs)` by something unknown, outside of any tape.

    With one argument alone it may only be unwrapped: `loss = first(losses)`.
    """
    station = x.sources[value.identity].station
    content: Paths = x.store.get(("content", value.identity), {})
    node = station.place.node if station is not None else None
    if not isinstance(node, cst.Call) or len(node.args) < 2:
        return None
    return station if any(path.steps for path in content.values()) else None


def failing_steps(tape: int, paths: Paths) -> tuple[Cause, ...]:
    """Steps on the way to the target, recorded for sure, whose backward pass raises.

    TF 2.21: `tape.gradient(tf.unique(v)[0] * w, w)` raises although only w is asked for.
    """
    found: dict[int, Cause] = {}
    for path in paths.values():
        if path.carriers or not path.sure:
            continue
        cut = [] if path.cut is None else [Lost(path.cut, path.tapes or NO_TAPES)]
        for part in (*cut, *path.lost):
            if part.cause.raises and tape in part.tapes:
                found.setdefault(id(part.cause.station.place.node), part.cause)
    return tuple(found.values())


def cause_of_host_target(value: Value, paths: Paths) -> Cause | None:
    """Why the target is no tensor (a host value), where that is so."""
    if isinstance(value, Data) and value.kind in (Kind.HOST, Kind.NDARRAY):
        for path in paths.values():
            if path.cut is not None:
                return path.cut
    return None
