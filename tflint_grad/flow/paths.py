"""Paths: how a value depends on the sources of a gradient, and where that dependency was lost."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tflint_grad.flow.record import record

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.outline import Unit

Tapes = frozenset[int]
NO_TAPES: Tapes = frozenset()

#: The pseudo-source of values of unknown origin: "something else may come this way".
ANYTHING = 0


@record
class Place:
    """A node and the unit of the file that it was parsed from; positions are computed on demand."""

    unit: Unit
    node: cst.CSTNode


@record
class Station:
    """Where execution stands: the calls that lead here (outermost first), then the place itself."""

    calls: tuple[tuple[int, Place], ...]
    place: Place


class Break(enum.Enum):
    """What cuts a path."""

    HOST_CALL = "host call"
    HOST_CONVERSION = "host conversion"
    REWRAP = "rewrap"
    NO_GRADIENT = "no gradient"
    INTEGER_CAST = "integer cast"
    ZERO_GRADIENT = "zero gradient"
    UNREGISTERED = "unregistered"
    PYTHON_FUNCTION = "python function"
    PRINT_VALUE = "print value"
    STOPPED = "stopped"
    KERAS_HOST = "keras host"
    STATE = "state"
    DATASET = "dataset"


@record
class Cause:
    """The first step that takes a value off the recorded path.

    `operation` is the spelling of what was called, `operand` that of the value that was lost.
    `symbolic`: it happens to a symbolic tensor, so what needs its values raises while tracing.
    `becomes_zero`: TensorFlow fills the missing gradient in with zeros here: in a loop of a graph, in
    the body of `tf.py_function`, beside a live output of a `tf.function` (TF 2.21; a conditional of
    which all branches are cut gives None, one live branch is no finding).
    `explicit`: the author spelled `.numpy()`, which may be meant where another part stays live.
    `meant`: what comes out is stopped later on, or only chooses, counts or rounds, so that nobody
    misses it beside a live part.
    `fails`: what comes back is such that the backward pass raises: a zero of the wrong shape where a
    shape is checked, a float where an integer is wanted.
    `converted`: the identity of the tensor that became a host value; `compared`: its difference with
    data was taken; `weighs`: that was a factor of something live; `estimates`: it was added to data, or
    the array was filled in afterwards (see `coefficients`).
    `recording`: the tapes that ran at that `moment` of the execution.
    """

    kind: Break
    station: Station
    operation: str
    operand: str
    qualified: str = ""
    context: str = "eager"
    symbolic: bool = False
    becomes_zero: bool = False
    explicit: bool = False
    meant: bool = False
    fails: bool = False
    converted: int | None = None
    compared: bool = False
    weighs: bool = False
    estimates: bool = False
    recording: Tapes = NO_TAPES
    moment: int = 0

    @property
    def raises(self) -> bool:
        """Whether the backward pass fails here, instead of bringing nothing."""
        return self.fails or self.kind is Break.UNREGISTERED

    @property
    def is_weight(self) -> bool:
        """Whether it is a mere number that weighs something live."""
        return self.compared and self.weighs

    @property
    def gives_zero(self) -> bool:
        """Whether zeros come back, instead of nothing."""
        return self.becomes_zero or self.kind is Break.ZERO_GRADIENT


#: Breaks that are told also where another part of the target stays live.
HOST_BREAKS = (Break.HOST_CALL, Break.HOST_CONVERSION, Break.PYTHON_FUNCTION)


class Conversion(NamedTuple):
    """What became a host value: the identity of the tensor, or of one that it is the difference of."""

    identity: int | None = None
    is_difference: bool = False
    is_sum: bool = False


NO_CONVERSION = Conversion()


@record
class Step:
    """A step at which the set of recording tapes became smaller; `recording`: those that ran then."""

    station: Station
    tapes: Tapes
    recording: Tapes
    is_gradient: bool = False
    sure: bool = True  # the way from the source to here is known
    paused: tuple[tuple[int, Station], ...] = ()  # tapes that `stop_recording` held still


@record
class Lost:
    """A part of a live path that was cut, and the tapes that had recorded it up to there."""

    cause: Cause
    tapes: Tapes


@record
class Path:
    """One value's dependency on one source.

    `tapes` recorded all of the way so far (None: the source itself, not read yet). Where that holds
    only if one of some sources of unknown origin is watched by itself, these are the `carriers`.
    """

    tapes: Tapes | None = None
    carriers: frozenset[int] = NO_TAPES
    sure: bool = True
    cut: Cause | None = None
    lost: tuple[Lost, ...] = ()
    steps: tuple[Step, ...] = ()


Paths = Mapping[int, Path]
NO_PATHS: Paths = {}
LEAF = Path()
MAX_LOST = 4
MAX_STEPS = 6


def _with_lost(lost: tuple[Lost, ...], more: Iterable[Lost]) -> tuple[Lost, ...]:
    for part in more:
        if len(lost) >= MAX_LOST:
            break
        node = part.cause.station.place.node
        known = next((known for known in lost if known.cause.station.place.node is node), None)
        if known is None:
            lost = (*lost, part)
        elif _is_excused(known.cause) and not _is_excused(part.cause):
            lost = (*(kept for kept in lost if kept is not known), part)
    return lost


def _is_excused(cause: Cause) -> bool:
    return cause.is_weight or cause.meant


def _either_carries(left: Path, right: Path) -> frozenset[int]:
    """Recorded by one way for sure, or else if any of the carriers of both is watched."""
    if not left.tapes or not right.tapes:
        return left.carriers if left.tapes else right.carriers
    if not left.carriers or not right.carriers:
        return NO_TAPES
    return left.carriers | right.carriers


def _both_live(left: Path, right: Path, lost: tuple[Lost, ...]) -> Path:
    """Either way will do for a tape, so the recording sets are united."""
    if left.tapes is None or right.tapes is None:
        return left if left.tapes is None else right
    wide, narrow = (left, right) if len(left.tapes) >= len(right.tapes) else (right, left)
    assert wide.tapes is not None and narrow.tapes is not None
    return Path(
        tapes=wide.tapes | narrow.tapes,
        carriers=_either_carries(wide, narrow),
        sure=wide.sure or narrow.sure,
        lost=lost,
        steps=wide.steps,
    )


def _loudness(cause: Cause) -> int:
    """How much a cut shows: it raises, gives zeros, or nothing; what is on purpose is told last."""
    if cause.raises:
        return 3
    if cause.gives_zero:
        return 2
    return 0 if cause.kind is Break.STOPPED else 1


def _both_cut(left: Path, right: Path) -> Path:
    """Two cut ways: the louder outcome is what the gradient call shows, and the carelessness."""
    assert left.cut is not None and right.cut is not None
    if (_loudness(right.cut), not right.cut.meant) > (_loudness(left.cut), not left.cut.meant):
        left, right = right, left
    cut = left.cut
    assert cut is not None and right.cut is not None
    if cut.is_weight and not right.cut.is_weight:
        cut = replace(cut, weighs=False)
    if cut.estimates and not right.cut.estimates:
        cut = replace(cut, estimates=False)
    if left.tapes is None or right.tapes is None:
        tapes = None  # cut for whichever tape asks
    else:
        tapes = left.tapes | right.tapes
    return replace(left, cut=cut, tapes=tapes, sure=left.sure or right.sure)


def combine(left: Path, right: Path) -> Path:
    """Two operands of one operation: live wins, and what the other lost is remembered."""
    if left is right:
        return left
    if left.cut is None and right.cut is None:
        return _both_live(left, right, _with_lost(left.lost, right.lost))
    if left.cut is not None and right.cut is not None:
        return _both_cut(left, right)
    live, dead = (left, right) if left.cut is None else (right, left)
    assert dead.cut is not None
    if not dead.sure or (dead.cut.raises and dead.carriers):
        return live
    lost = Lost(dead.cut, dead.tapes if dead.tapes is not None else NO_TAPES)
    return replace(live, lost=_with_lost(live.lost, (lost, *dead.lost)))


def join(left: Path, right: Path) -> Path:
    """Two ways of control flow: live wins and nothing is lost, since one of the two is taken."""
    if left is right:
        return left
    if left.cut is None and right.cut is None:
        return _both_live(left, right, left.lost if left.lost == right.lost else ())
    if left.cut is not None and right.cut is not None:
        return _both_cut(left, right)
    return left if left.cut is None else right


def _merged(groups: Iterable[Paths], how: str) -> Paths:
    result: dict[int, Path] | None = None
    first: Paths = NO_PATHS
    merge = combine if how == "combine" else join
    for paths in groups:
        if not paths or paths is first:
            continue
        if not first:
            first = paths
            continue
        if result is None:
            result = dict(first)
        for source, path in paths.items():
            known = result.get(source)
            result[source] = path if known is None else merge(known, path)
    return first if result is None else result


def combined(groups: Iterable[Paths]) -> Paths:
    return _merged(groups, "combine")


def joined(groups: Iterable[Paths]) -> Paths:
    return _merged(groups, "join")


def unsure(paths: Paths) -> Paths:
    """The same dependencies, led through something whose body is not known."""
    if all(not path.sure for path in paths.values()):
        return paths
    return {
        source: path if not path.sure else replace(path, sure=False)
        for source, path in paths.items()
    }


def recast(paths: Paths, applies: Callable[[int, Cause], bool], **changes: Any) -> Paths:
    """The same dependencies, with another view of those causes to which something applies."""
    return {
        source: replace(path, cut=replace(path.cut, **changes))
        if path.cut is not None and applies(source, path.cut)
        else path
        for source, path in paths.items()
    }


def is_of_host(_source: int, cause: Cause) -> bool:
    return cause.kind in HOST_BREAKS


def filled(paths: Paths) -> Paths:
    """An array from the host that other values were written into: no longer what was converted."""
    return recast(paths, is_of_host, estimates=True, converted=None)
