"""Recording that is paused, and recordings that are forgotten: stop_recording, reset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow.paths import Break, Cause, Station
from tflint_grad.flow.state import RECORDING
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import Known, Partial, Tape, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from tflint_grad.flow.execution import Execution
    from tflint_grad.flow.paths import Path
    from tflint_grad.flow.question import AskedSource

STOP_RECORDING = "tape.stop_recording"


def current(x: Execution, tape: Tape) -> Tape:
    """The recording that a tape is at: each `reset` begins a new one, with an identity of its own."""
    identity = tape.identity
    while (renewed := x.store.get(("renewed", identity))) is not None:
        identity = renewed
    return tape if identity == tape.identity else Tape(identity)


def paused_by(manager: Value) -> Tape | None:
    """The tape of `tape.stop_recording()`, whose result is entered as a block."""
    match manager:
        case Partial(Known(name), (Tape() as tape,)) if name == STOP_RECORDING:
            return tape
        case _:
            return None


def pause(x: Execution, tape: Tape, node: cst.CSTNode) -> bool:
    """What runs inside is not recorded by this tape; others go on. Whether it was recording."""
    identity = current(x, tape).identity
    state = x.tape_state(identity)
    if not state.recording:
        return False
    x.set_tape(identity, replace(state, recording=False))
    x.store.set(RECORDING, x.recording - {identity})
    x.paused = (*x.paused, (identity, x.station(node)))
    return True


def resume(x: Execution, tape: Tape) -> None:
    identity = current(x, tape).identity
    x.paused = x.paused[:-1]
    x.set_tape(identity, replace(x.tape_state(identity), recording=True))
    x.store.set(RECORDING, x.recording | {identity})


def reset(x: Execution, tape: Tape, node: cst.CSTNode) -> None:
    """`tape.reset()`: what was recorded and watched so far is forgotten (TF 2.21)."""
    old, state = tape.identity, x.tape_state(tape.identity)
    if not state.recording:
        return  # TensorFlow raises: the tape is not recording
    new = x.fresh()
    x.tapes[new] = x.tapes[old]
    x.newest_tape[id(x.tapes[old])] = new
    x.opened_in[new] = x.opened_in.get(old, 0)
    x.opened_at[new] = x.opened_at.get(old, x.tapes[old].station)
    forgotten = (old, x.station(node), frozenset(source for source, _ in state.watched))
    x.set_tape(new, replace(state, watched=(), forgotten=(*state.forgotten, forgotten)))
    x.set_tape(old, replace(state, deleted=True))
    x.store.set(("renewed", old), new)
    x.store.set(RECORDING, (x.recording - {old}) | {new})


def severed(x: Execution, tape: int, source: AskedSource, paths: Iterable[Path]) -> Cause | None:
    """Why a step is not on the tape, if that is because its recording was paused or forgotten."""
    for path in paths:
        for step in path.steps:
            station = dict(step.paused).get(tape)
            if station is not None:
                return cause_at(STOP_RECORDING, station)
    for old, station, watched in x.tape_state(tape).forgotten:
        recorded = any(old in step.tapes for path in paths for step in path.steps)
        if recorded or watched & set(source.identities):
            return cause_at("tape.reset", station)
    return None


def cause_at(qualified: str, station: Station) -> Cause:
    return Cause(Break.STOPPED, station, text_of(station.place.node), "", qualified)
