"""Tapes: opened, entered, watching, asked for gradients, left, deleted."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.events import GradientTaken, OnPath, TapeExhausted
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.paths import Path, Paths, Station
from tflint_grad.flow.pauses import STOP_RECORDING, current, reset
from tflint_grad.flow.question import (
    answer,
    asked_sources,
    cause_of_host_target,
    describe_target,
    failing_steps,
)
from tflint_grad.flow.state import RECORDING, InsideCall, SourceKind, TapeSite, TapeState
from tflint_grad.flow.values import (
    NONE,
    UNKNOWN,
    Argument,
    Data,
    Kind,
    Known,
    ListRef,
    Mapped,
    Parameters,
    Partial,
    Sequence,
    Tape,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

GRADIENT_METHODS = frozenset(("gradient", "jacobian", "batch_jacobian"))


def _flag(x: Execution, entry: Argument | None, default: bool) -> bool | None:
    if entry is None:
        return default
    value = x.constant_of(entry.value)
    return bool(value) if isinstance(value, (bool, int)) else None


def open_tape(x: Execution, arguments: Many[Argument], node: cst.CSTNode) -> Tape:
    """`tf.GradientTape(persistent=…, watch_accessed_variables=…)`."""
    starred = any(entry.star for entry in arguments)
    persistent = None if starred else _flag(x, argument(arguments, 0, "persistent"), False)
    automatic = _flag(x, argument(arguments, 1, "watch_accessed_variables"), True)
    site = x.sites.get(id(node))
    if site is None:
        site = TapeSite(x.station(node), persistent, automatic, x.frame)
        x.sites[id(node)] = site
    site.frame = x.frame
    x.loops_at_open[id(site)] = x.frame.loops
    site.persistent = persistent if site.persistent == persistent else None
    site.eager = site.eager or not x.context.is_graph
    site.in_loop = site.in_loop or x.frame.loops > 0
    tape = Tape(x.fresh())
    x.tapes[tape.identity] = site
    x.newest_tape[id(site)] = tape.identity
    x.opened_in[tape.identity] = x.entry
    x.opened_at[tape.identity] = x.station(node)
    x.set_tape(tape.identity, TapeState())
    return tape


def enter(x: Execution, tape: Tape, node: cst.CSTNode) -> None:
    tape = current(x, tape)
    state = x.tape_state(tape.identity)
    site = x.tapes[tape.identity]
    site.entered = True
    renewed = not site.persistent
    x.set_tape(
        tape.identity,
        replace(
            state,
            recording=True,
            entered=True,
            closed=False,
            ended=None,
            uses_min=0 if renewed else state.uses_min,
            uses_max=0 if renewed else state.uses_max,
            first_use=None if renewed else state.first_use,
        ),
    )
    x.store.set(RECORDING, x.recording | {tape.identity})


def leave(x: Execution, tape: Tape) -> None:
    tape = current(x, tape)
    state = x.tape_state(tape.identity)
    x.set_tape(tape.identity, replace(state, recording=False, closed=True))
    x.store.set(RECORDING, x.recording - {tape.identity})


def delete(x: Execution, tape: Tape) -> None:
    tape = current(x, tape)
    x.tapes[tape.identity].deleted = True
    x.set_tape(tape.identity, replace(x.tape_state(tape.identity), deleted=True))


def note_undeleted(x: Execution) -> None:
    """The present function is left: which of its persistent tapes have not been deleted."""
    for tape, site in x.tapes.items():
        if site.persistent and site.frame is x.frame:
            state: TapeState | None = x.store.get(("tape", tape))
            if state is not None and not state.deleted and x.newest_tape.get(id(site)) == tape:
                site.undeleted = True


def was_asked(x: Execution, source: int) -> bool:
    """Whether some gradient call has asked for this source."""
    return source in x.asked


def call_tape(
    x: Execution, tape: Tape, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A method of a tape."""
    tape = current(x, tape)
    if name in GRADIENT_METHODS:
        return take_gradient(x, tape, name, arguments, node)
    match name:
        case "watch":
            entry = argument(arguments, 0, "tensor")
            if entry is not None:
                _watch(x, tape, entry.value, node)
            return NONE
        case "_ensure_recording":
            return tape  # TF 2.21: a `with` of it records, as one of the tape does
        case "__enter__":
            enter(x, tape, node)
            return tape
        case "__exit__":
            leave(x, tape)
            return NONE
        case "stop_recording":
            return Partial(Known(STOP_RECORDING), (tape,), {})
        case "watched_variables":
            x.tapes[tape.identity].consulted = True
            accessed = tuple(x.accessed.get(tape.identity, ()))
            return Parameters(accessed, "watched_variables") if accessed else UNKNOWN
        case "reset":
            reset(x, tape, node)
            return NONE
        case _:
            escape(x, tape)
            return UNKNOWN


def _watch(x: Execution, tape: Tape, value: Value, node: cst.CSTNode) -> None:
    state = x.tape_state(tape.identity)
    x.tapes[tape.identity].watches = True
    station = x.station(node)
    known = {source for source, _ in state.watched}
    given = list(heap.identities(x, value))
    # One of the variables of a model stands for all of them.
    given += [x.elements[identity] for identity in given if identity in x.elements]
    new = [(identity, station) for identity in given if identity not in known]
    if new:
        x.set_tape(tape.identity, replace(state, watched=(*state.watched, *new)))
    elif isinstance(value, Data) and value.identity is None:
        # Watched without a name of its own: nobody can ask for it, but what follows is recorded.
        x.tapes[tape.identity].automatic = None


#: TF 2.21: `jacobian` of an array gives None, where `gradient` and `batch_jacobian` raise.
_HOST_TARGETS = {False: (Kind.HOST, Kind.NDARRAY), True: (Kind.HOST,)}


def take_gradient(
    x: Execution, tape: Tape, method: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`tape.gradient(target, sources)`: use the tape, answer for each source, make the result."""
    site, state = x.tapes[tape.identity], x.tape_state(tape.identity)
    station = x.station(node)
    target = argument(arguments, 0, "target")
    sources = argument(arguments, 1, "source" if method == "batch_jacobian" else "sources")
    if target is None or sources is None:
        escape(x, tape)
        return x.opaque(node, x.groups(entry.value for entry in arguments))
    raises = site.persistent is False and state.uses_min >= 1
    if raises and state.first_use is not None:
        x.events.append(TapeExhausted(station, x.context, site, method, state.first_use))
    needs_persistent = _needs_persistent(x, method, arguments)
    _count_use(x, site, state, tape, method, target, station, needs_persistent)
    target_paths = x.paths(target.value)
    _mark_needed_gradients(x, target_paths)
    asked = asked_sources(x, sources)
    zeros = argument(arguments, 3, "unconnected_gradients")
    is_zeros = zeros is not None and _means_zero(x, zeros.value)
    answers = tuple(
        answer(x, tape.identity, target, target_paths, source)
        for source in (() if raises else asked)
    )
    x.asked.update(identity for source in asked for identity in source.identities)
    x.events.append(
        GradientTaken(
            station,
            x.context,
            site,
            method,
            describe_target(target),
            answers,
            isinstance(target.value, Data)
            and target.value.kind in _HOST_TARGETS[method == "jacobian"]
            and bool(target_paths),
            cause_of_host_target(target.value, target_paths),
            is_zeros,
            failing=failing_steps(tape.identity, target_paths),
            opened=x.opened_at.get(tape.identity),
        )
    )
    _tell_bystanders(x, tape.identity, asked, describe_target(target), station)
    call = x.new_source(SourceKind.GRADIENT, f"{method} call", station)
    x.gradient_calls[call] = (node, tape.identity)
    if state.recording and site.persistent:
        outer = bool(x.recording - {tape.identity})
        site.inside.append(InsideCall(station, call, x.context.mode, outer))
    groups: list[Paths] = [target_paths] if target_paths else []
    element = x.operate(node, groups, Kind.TENSOR, "float", is_gradient=True)
    mark: Paths = {call: Path(x.recording, steps=())}
    element = replace(element, paths={**element.paths, **mark}, dtype="float")
    return _shaped_like(x, sources.value, element)


def _needs_persistent(x: Execution, method: str, arguments: Many[Argument]) -> bool:
    """Calls that one call on a plain tape cannot replace.

    TF 2.21: a Jacobian with experimental_use_pfor=False raises in eager code on a plain tape; calls
    with different output_gradients cannot be merged.
    """
    if method == "gradient":
        return argument(arguments, 2, "output_gradients") is not None
    pfor = argument(arguments, 4, "experimental_use_pfor")
    return pfor is not None and x.constant_of(pfor.value) is not True


def _means_zero(x: Execution, value: Value) -> bool:
    if isinstance(value, Known):
        return value.name.endswith("UnconnectedGradients.ZERO")
    return bool(x.constant_of(value) == "zero")


def _count_use(
    x: Execution,
    site: TapeSite,
    state: TapeState,
    tape: Tape,
    method: str,
    target: Argument,
    station: Station,
    needs_persistent: bool,
) -> None:
    site.uses += 1
    site.most_uses = max(site.most_uses, state.uses_max + 1)
    site.use_stations.append(station)
    site.targets.add(id(target.value))
    if method != "gradient":
        site.jacobian_uses += 1
    if _in_deeper_loop(x, site):
        site.used_elsewhere = True
    ended = state.ended
    site.needed = site.needed or needs_persistent
    if state.recording and site.persistent is False:
        x.store.set(RECORDING, x.recording - {tape.identity})
        ended = ended or station
    x.set_tape(
        tape.identity,
        replace(
            state,
            uses_min=state.uses_min + 1,
            uses_max=state.uses_max + 1,
            first_use=state.first_use or station,
            ended=ended,
        ),
    )


def _in_deeper_loop(x: Execution, site: TapeSite) -> bool:
    return x.frame.loops > x.loops_at_open.get(id(site), x.frame.loops)


def _mark_needed_gradients(x: Execution, target: Paths) -> None:
    """The target was computed from gradients: those calls were meant to be recorded."""
    for source, path in target.items():
        found = x.gradient_calls.get(source) if path.cut is None else None
        if found is not None:
            site = x.tapes[found[1]]
            for call in site.inside:
                if call.source == source:
                    call.needed = True
                    x.needed_calls.add(id(call.station.place.node))


def _tell_bystanders(
    x: Execution, tape: int, asked: Many[object], target: str, station: Station
) -> None:
    """Branches and prints that look at a value of a path which is asked for now."""
    from tflint_grad.flow.question import AskedSource

    for bystander in x.bystanders:
        for source in asked:
            assert isinstance(source, AskedSource)
            if any(
                path.tapes is not None
                and tape in path.tapes
                and path.sure
                and source.matches(x, identity)
                for identity, path in bystander.paths.items()
            ):
                x.events.append(
                    OnPath(
                        bystander.station,
                        bystander.context,
                        bystander.what,
                        bystander.subject,
                        source.text,
                        target,
                        station,
                        x.tapes[tape],
                        x.tapes[tape].in_loop,
                    )
                )
                break


def _shaped_like(x: Execution, sources: Value, element: Data) -> Value:
    """Gradients come in the structure of their sources."""
    content = heap.resolved(x, sources)
    match content:
        case Sequence():
            items = tuple(_shaped_like(x, item, element) for item in content.items)
            rest = None if content.rest is None else _shaped_like(x, content.rest, element)
            if isinstance(sources, ListRef) or content.kind == "list":
                return heap.new_list(x, Sequence(items, rest, "list"))
            return Sequence(items, rest, content.kind)
        case Mapped():
            mapped = {key: _shaped_like(x, value, element) for key, value in content.items.items()}
            return heap.new_dict(x, Mapped(mapped, content.rest and element))
        case Parameters():
            return heap.new_list(x, Sequence((), element, "list"))
        case Data() if content.kind in (Kind.TENSOR, Kind.VARIABLE):
            return element
        case _:
            # The source may be a list: then so is the result.
            return replace(element, kind=Kind.UNKNOWN, symbolic=False)
