"""What the tapes record: how the paths of operands become the paths of a result."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow.paths import (
    ANYTHING,
    HOST_BREAKS,
    MAX_STEPS,
    NO_PATHS,
    NO_TAPES,
    Break,
    Cause,
    Path,
    Paths,
    Station,
    Step,
    combine,
    is_of_host,
    recast,
)
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import Object, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


class Watch(enum.Enum):
    WATCHED = "watched"
    ASSUMED = "assumed"  # a parameter of unknown origin may be a variable
    NOT = "not watched"


#: A tape that watches accessed variables watches these by itself.
_OWN = (SourceKind.VARIABLE, SourceKind.MODEL)
#: What may be among `tape.watched_variables()`.
_READ = (*_OWN, SourceKind.OBJECT)


def watch_status(execution: Execution, tape: int, source: int) -> Watch:
    state = execution.tape_state(tape)
    watched = {known for known, _ in state.watched}
    kind = execution.sources[source].kind
    if watched and (source in watched or watched & execution.ancestors(source)):
        return Watch.WATCHED
    site = execution.tapes[tape]
    if kind is SourceKind.GRADIENT:
        return Watch.WATCHED
    if site.automatic is None:
        return Watch.ASSUMED
    if not site.automatic:
        if any(source in execution.ancestors(known) for known in watched):
            return Watch.ASSUMED
        return Watch.NOT
    if kind in _OWN:
        return Watch.WATCHED
    return Watch.ASSUMED if kind is SourceKind.OBJECT else Watch.NOT


def is_watched(execution: Execution, value: Value) -> bool:
    """Whether a value of unknown origin is a tensor, or several: a tape was told to watch it."""
    return isinstance(value, Object) and any(
        value.identity == known
        for tape in execution.recording
        for known, _ in execution.tape_state(tape).watched
    )


def through(
    execution: Execution,
    groups: Sequence[Paths],
    station: Station,
    sure: bool,
    is_gradient: bool,
) -> Paths:
    """Lead dependencies through one operation, under the tapes that are recording now.

    A tape records an operation as soon as it tracks one operand; then it also knows the others
    (TF 2.21: `y = x @ W; tape.watch(x)` gives the right gradient of x).
    """
    if not groups:
        return NO_PATHS
    recording = execution.recording
    surely: set[int] = set()
    maybe: set[int] = set()
    carriers: set[int] = set()
    statuses: dict[int, list[tuple[int, Watch]]] = {}
    if recording:
        for paths in groups:
            for source, path in paths.items():
                if path.cut is not None:
                    continue
                if path.tapes is None:
                    if source in statuses:
                        continue
                    found = [(tape, watch_status(execution, tape, source)) for tape in recording]
                    statuses[source] = found
                    for tape, status in found:
                        if status is not Watch.NOT and execution.sources[source].kind in _READ:
                            execution.accessed.setdefault(tape, {})[source] = None
                        if status is Watch.WATCHED:
                            surely.add(tape)
                        elif status is Watch.ASSUMED:
                            maybe.add(tape)
                            carriers.add(source)
                else:
                    tapes = path.tapes & recording
                    if not tapes:
                        continue
                    if path.carriers:
                        maybe |= tapes
                        carriers |= path.carriers
                    elif path.sure and source != ANYTHING:
                        surely |= tapes
                    else:
                        maybe |= tapes
                        carriers.add(ANYTHING)
    carried = frozenset(surely | maybe)
    # Where nothing is tracked for sure, the recording rests on what may be a variable.
    resting = frozenset(carriers) if not surely else NO_TAPES
    result: dict[int, Path] = {}
    for paths in groups:
        for source, path in paths.items():
            if path.cut is not None:
                new = path if sure or not path.sure else replace(path, sure=False)
            elif path.tapes is None:
                known_way = path.sure and sure
                step = Step(station, carried, recording, is_gradient, known_way, execution.paused)
                new = Path(carried, resting, path.sure and sure, None, path.lost, (step,))
            elif path.tapes <= recording:
                new = path if sure or not path.sure else replace(path, sure=False)
            else:
                tapes = path.tapes & recording
                steps = path.steps
                if len(steps) < MAX_STEPS:
                    known_way = path.sure and sure
                    paused = execution.paused
                    step = Step(station, tapes, recording, is_gradient, known_way, paused)
                    steps = (*steps, step)
                new = Path(tapes, path.carriers, path.sure and sure, None, path.lost, steps)
            known = result.get(source)
            result[source] = new if known is None else combine(known, new)
    return result


#: Breaks that are often meant, so that they are no loss beside a live part.
_ON_PURPOSE = (Break.STOPPED, Break.NO_GRADIENT, Break.INTEGER_CAST, Break.ZERO_GRADIENT)


def piecewise_constant(paths: Paths) -> Paths:
    """What a comparison, a rounding or a choice makes of host values.

    Its slope is zero wherever it has one: beside a live part `x * (x.numpy() > 0)` has lost nothing.
    """
    return recast(paths, is_of_host, meant=True)


def cut_paths(paths: Paths, cause: Cause) -> Paths:
    """The same dependencies with no gradient through them from here on."""
    return {source: _cut(path, cause) for source, path in paths.items() if source != ANYTHING}


def _cut(path: Path, cause: Cause) -> Path:
    """The first break is the one to name, unless a later one decides what comes back.

    TF 2.21: `tf.round(tf.sign(x))` is None although sign gives zeros, `tf.round(tf.unique(x)[0])` is
    None although the gradient of unique raises; `tf.sign(tf.unique(x)[0])` raises.
    """
    reaches = cause.gives_zero or cause.raises  # the backward pass goes on beyond the new break
    lost = tuple(part for part in path.lost if reaches and part.cause.raises)
    if path.cut is None:
        return replace(path, cut=cause, lost=lost)
    if path.cut.raises and not reaches:
        return replace(path, cut=cause, lost=lost)
    if cause.kind in _ON_PURPOSE and path.cut.kind in HOST_BREAKS:
        return replace(path, cut=replace(path.cut, meant=True), lost=lost)
    if path.cut.gives_zero and not cause.gives_zero:
        return replace(path, cut=cause, lost=lost)
    return path if path.lost == lost else replace(path, lost=lost)
