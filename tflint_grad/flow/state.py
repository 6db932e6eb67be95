"""The nouns of an execution: sources, tapes, contexts and frames."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.flow.paths import Place, Station
from tflint_grad.flow.record import record

if TYPE_CHECKING:
    from tflint_grad.flow.store import Changes
    from tflint_grad.flow.values import Function, Tape, Value


class SourceKind(enum.Enum):
    VARIABLE = "variable"
    FROZEN = "variable that is not trainable"
    TENSOR = "tensor"
    INTERMEDIATE = "tensor computed from others"
    MODEL = "object that owns variables"
    OBJECT = "something of unknown origin"
    GRADIENT = "result of a gradient call"
    ANYTHING = "anything"


@dataclass(slots=True, eq=False)
class Source:
    """An identity that a gradient may be asked for; `owners` may carry it."""

    kind: SourceKind
    name: str
    station: Station | None = None
    owners: set[int] = field(default_factory=set)
    is_parameter: bool = False
    is_library: bool = False  # an instance of a library's class, made in sight
    is_keras: bool = False  # a keras.Variable, whose `assign` returns the value


@record
class TapeState:
    """What one tape is doing; `uses` counts gradient calls: at least, and at most."""

    recording: bool = False
    entered: bool = False
    closed: bool = False
    ended: Station | None = None  # a gradient call inside the block ended the recording
    uses_min: int = 0
    uses_max: int = 0
    first_use: Station | None = None
    watched: tuple[tuple[int, Station], ...] = ()
    deleted: bool = False
    forgotten: tuple[tuple[int, Station, frozenset[int]], ...] = ()  # before each `reset`

    def watch_station(self, source: int) -> Station | None:
        return next((station for known, station in self.watched if known == source), None)


@record
class Keeper:
    """Something that holds a tape beyond the function that made it."""

    kind: str  # attribute, container, closure
    name: str
    station: Station | None
    long_lived: bool = True
    holder: int | None = None  # the object whose attribute it is


@dataclass(slots=True, eq=False)
class TapeSite:
    """A place where tapes are made; what happened to any of them is decided at the end."""

    station: Station
    persistent: bool | None
    automatic: bool | None
    frame: Frame
    module_name: str = ""  # the name of the module that holds the tape
    keepers: list[Keeper] = field(default_factory=list)
    undeleted: bool = False  # it left its function undeleted
    uses: int = 0
    most_uses: int = 0
    use_stations: list[Station] = field(default_factory=list)
    used_elsewhere: bool = False
    targets: set[int] = field(default_factory=set)
    escaped: bool = False
    consulted: bool = False  # asked for what it has watched, which is a use too
    saw_opaque: bool = False  # code out of sight ran while it recorded
    watches: bool = False
    entered: bool = False
    deleted: bool = False
    in_loop: bool = False
    eager: bool = False
    jacobian_uses: int = 0
    needed: bool = False  # a call that a plain tape does not serve
    inside: list[InsideCall] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return bool(self.keepers)


@dataclass(slots=True, eq=False)
class InsideCall:
    """A gradient call of a persistent tape inside its own block."""

    station: Station
    source: int
    context: str
    outer: bool
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """How the code under execution runs: eagerly, converted by AutoGraph, or as a plain graph."""

    mode: str = "eager"  # eager, autograph or graph
    xla: bool = False
    why: str = ""
    likely: bool = False  # nothing in sight shows that it runs this way
    vectorized: bool = (
        False  # traced by tf.vectorized_map, which loops over what it cannot vectorize
    )

    @property
    def is_graph(self) -> bool:
        return self.mode != "eager"


EAGER = Context()


@record
class Exit:
    """Control leaves a block: return, raise, break or continue of one frame."""

    kind: str
    frame: int


@dataclass(slots=True, eq=False)
class Scope:
    parent: int | None
    is_class: bool = False
    is_comprehension: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class LoopState:
    """One loop in execution: what held where a branch left it by `break`."""

    mark: int
    forks: int
    breaks: list[Changes] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Frame:
    """One call of a function (or the module) in execution."""

    identity: int
    scope: int
    context: Context
    calls: tuple[tuple[int, Place], ...] = ()
    function: Function | None = None
    mark: int = 0
    forks: int = 0
    branches: int = 0  # of `if` statements, decided or not
    loops: int = 0
    graph_control: int = 0
    finals: int = 0
    returns: list[Value] = field(default_factory=list)
    pending: list[Changes] = field(default_factory=list)
    on_yield: Callable[[Value], None] | None = None
    open_tapes: list[Tape] = field(default_factory=list)
    loop_states: list[LoopState] = field(default_factory=list)


RECORDING = ("recording",)
