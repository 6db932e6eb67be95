"""The state of one abstract execution, and the driver that walks libcst nodes in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.joins import join_cells
from tflint_grad.flow.limits import LimitReached
from tflint_grad.flow.paths import (
    ANYTHING,
    NO_CONVERSION,
    NO_TAPES,
    Break,
    Cause,
    Conversion,
    Path,
    Paths,
    Place,
    Station,
    Tapes,
)
from tflint_grad.flow.recording import cut_paths, through
from tflint_grad.flow.state import (
    EAGER,
    RECORDING,
    Context,
    Exit,
    Frame,
    Scope,
    Source,
    SourceKind,
    TapeSite,
    TapeState,
)
from tflint_grad.flow.store import Store
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    UNKNOWN,
    Class,
    Data,
    Function,
    Kind,
    Made,
    Object,
    Tape,
    Value,
)
from tflint_grad.knowledge.taught import NOTHING_TAUGHT, Taught

if TYPE_CHECKING:
    from tflint_grad.flow.bystanders import Bystander
    from tflint_grad.flow.events import Event
    from tflint_grad.flow.instances import Reach, Waiting
    from tflint_grad.flow.modules import LoadedModule, PendingMembers
    from tflint_grad.outline import ClassItem, Outline, Unit
    from tflint_grad.outline.survey import Survey
    from tflint_grad.project import Project


class Execution(cst.CSTVisitor):
    """State shared by all visitors: store, sources, tapes, frames, events and limits.

    The `visit_…` methods of the subclasses leave the value of an expression in `self.value`, drive
    their children themselves in the order of execution, and return False; so `node.visit(self)`
    does the same as `self.evaluate(node)`, only more slowly.
    """

    #: A chain of 20 calls is followed; recursion is cut at the second round.
    MAX_CALLS = 24
    STEPS_PER_FILE = 20_000
    STEPS_PER_LINE = 20
    STEPS_PER_ENTRY = 6_000
    STEPS_FOR_IMPORTS = 6_000
    #: For calls of functions of other files; of these, while no tape records.
    STEPS_ABROAD = 4_000
    STEPS_AT_REST = 1_500
    STEPS_PER_CALL_ABROAD = 2_000
    #: One such function, over all its calls while no tape records.
    STEPS_PER_FUNCTION_AT_REST = 500

    def __init__(
        self,
        outline: Outline,
        source_names: frozenset[str],
        project: Project | None = None,
        taught: Taught = NOTHING_TAUGHT,
    ) -> None:
        super().__init__()
        self.outline = outline
        self.project = project
        self.taught = taught
        self.taught_functions: dict[str, Function | None] = {}
        self.modules: dict[str, LoadedModule | None] = {}
        self.module_of_scope: dict[int, LoadedModule] = {}
        self.pending_members: dict[int, PendingMembers] = {}
        self.imported: dict[tuple[str, str, str | None, int], Value] = {}
        self.resolving: set[tuple[str | None, str]] = set()
        self.looked_up: set[tuple[int, str]] = set()  # keys that tables were asked for in vain
        self.source_names = source_names
        self.store = Store()
        self.sources: list[Source] = [Source(SourceKind.ANYTHING, "anything")]
        self.children: dict[tuple[int, str], int] = {}
        self.scopes: list[Scope] = [Scope(None)]
        self.tapes: dict[int, TapeSite] = {}
        self.sites: dict[int, TapeSite] = {}
        self.events: list[Event] = []
        self.bystanders: list[Bystander] = []
        self.executed: set[int] = set()
        self.nested: list[tuple[Function, Context]] = []
        self.cut_short: list[str] = []
        self.value: Value = UNKNOWN
        self.statement: cst.CSTNode | None = None  # the expression that stands by itself
        self.exit: Exit | None = None
        self.counter = 0
        self.steps = 0
        self.import_steps = self.STEPS_FOR_IMPORTS
        self.steps_abroad = self.STEPS_ABROAD
        self.steps_at_rest = self.STEPS_AT_REST
        self.spent_at_rest: dict[int, int] = {}  # by function of another file
        self.abroad = False  # in a call of a function of another file
        self.expected_none: set[int] = set()  # gradient calls that a test expects to be None
        self.step_limit = 0
        self.total_limit = self.STEPS_PER_FILE + self.STEPS_PER_LINE * len(outline.lines)
        self.unit: Unit
        self.survey: Survey
        self.frame = Frame(0, 0, EAGER)
        self.frames: list[Frame] = [self.frame]
        self.asked: set[int] = set()
        self.watched_names: frozenset[str] = frozenset()
        self.converted_names: frozenset[str] = frozenset()
        self.released_attributes: set[str] = set()
        self.passing: set[int] = set()  # objects that a function has made and shown to nobody
        self.waiting: dict[int, list[Waiting]] = {}  # constructors, by the instance
        self.constructions: dict[int, int] = {}  # of instances, by class
        self.reaches: dict[tuple[int, int], Reach | None] = {}
        self.leading: frozenset[str] = frozenset()  # names that lead to a tape, while callers run
        self.reserve = 0  # steps that a caller gets once it has come to this file
        self.tensor_like: set[int] = set()
        self.batches: set[int] = set()  # what Keras takes from a dataset: never a variable
        self.traced: set[int] = set()  # what tf.functions are given
        self.elements: dict[int, int] = {}
        self.layer_calls: set[int] = set()
        self.tuple_calls: set[int] = (
            set()
        )  # what may return a tuple: layers, and functions that others wrote
        self.doubts = 0  # branches in execution that nothing shows to be taken
        self.entry = 0  # which entry is being executed
        self.opened_in: dict[int, int] = {}
        self.opened_at: dict[int, Station] = {}
        self.called_unknown: set[int] = set()  # models of unknown class that were called
        self.newest_tape: dict[int, int] = {}
        self.exit_stacks: dict[int, list[Tape]] = {}
        self.paused: tuple[tuple[int, Station], ...] = ()  # tapes under stop_recording
        self.accessed: dict[int, dict[int, None]] = {}  # variables read, by tape
        self.gradient_calls: dict[int, tuple[cst.CSTNode, int]] = {}
        self.needed_calls: set[int] = set()
        self.loops_at_open: dict[int, int] = {}
        self.hook_losses: list[tuple[Value, Station, str]] = []
        self._visits: dict[type, Callable[[Any], object]] = {}

    # --- the driver

    def evaluate(self, node: cst.CSTNode) -> Value:
        """Visit one expression and return its value."""
        self.steps += 1
        if self.steps > self.step_limit:
            raise LimitReached
        self.value = UNKNOWN
        visit = self._visits.get(node.__class__)
        if visit is None:
            visit = getattr(self, f"visit_{node.__class__.__name__}")
            self._visits[node.__class__] = visit
        visit(node)
        return self.value

    def use_reserve(self) -> None:
        self.step_limit += self.reserve
        self.total_limit += self.reserve
        self.reserve = 0

    def run_block(self, body: Iterable[cst.CSTNode]) -> None:
        for statement in body:
            self.evaluate(statement)
            if self.exit is not None:
                return

    def fork(self, runs: Sequence[Callable[[], None]]) -> None:
        """Run alternatives, each from the present state, and go on with what holds after any.

        An alternative that leaves the block (return, raise, break, continue) takes no part.
        """
        if len(runs) == 1:
            runs[0]()
            return
        frame = self.frame
        frame.forks += 1
        outcomes = []
        for run in runs:
            mark = self.store.mark()
            self.exit = None
            run()
            outcomes.append((self.exit, self.store.take_back(mark)))
        frame.forks -= 1
        staying = [changes for left, changes in outcomes if left is None]
        self.exit = None if staying else outcomes[0][0]
        self.store.join(staying or [changes for _, changes in outcomes], join_cells)

    def run_unit(self, unit: Unit) -> None:
        """Execute the statements of a unit in the present frame."""
        raise NotImplementedError

    def run_class(self, module: LoadedModule, item: ClassItem) -> None:
        """Define a class of a module in the present frame."""
        raise NotImplementedError

    def on_instance(self, instance: Object, cls: Class) -> None:
        """A class of the project was called."""

    def on_module(self, module: LoadedModule) -> None:
        """Another file is looked into."""

    def abandon_tapes(self, known: set[int]) -> None:
        """Tapes that were made since: what became of them was not seen to the end."""
        for tape in self.tapes.keys() - known:
            self.tapes[tape].escaped = True

    def is_own(self, unit: Unit) -> bool:
        """Whether code is of the file that is analysed, not of one that it imports."""
        return unit.lines is self.outline.lines

    def frame_runs(self, function: Function) -> bool:
        return any(
            frame.function is not None and frame.function.node is function.node
            for frame in self.frames
        )

    # --- places and identities

    def place(self, node: cst.CSTNode) -> Place:
        return Place(self.unit, node)

    def station(self, node: cst.CSTNode) -> Station:
        return Station(self.frame.calls, Place(self.unit, node))

    def fresh(self) -> int:
        self.counter += 1
        return self.counter

    def new_source(self, kind: SourceKind, name: str, station: Station | None = None) -> int:
        self.sources.append(Source(kind, name, station))
        return len(self.sources) - 1

    def child(self, parent: int, step: str, kind: SourceKind | None = None) -> int:
        """The identity of a part of an object, one for each access path."""
        key = (parent, step)
        known = self.children.get(key)
        if known is None:
            owner = self.sources[parent]
            if kind is None:
                kind = SourceKind.OBJECT
            known = self.new_source(kind, owner.name + step, owner.station)
            self.sources[known].owners.add(parent)
            self.children[key] = known
        return known

    def own(self, owner: int, value: Value) -> None:
        """An object that holds another may carry its gradient."""
        for identity in heap.identities(self, value):
            if identity != owner:
                self.sources[identity].owners.add(owner)

    def element_of_parameters(self, owner: int, step: str) -> int:
        """Some variable of an object: it stands for all that the object owns."""
        identity = self.child(owner, step)
        self.elements[identity] = owner
        return identity

    def ancestors(self, identity: int) -> set[int]:
        found: set[int] = set()
        stack = [identity]
        while stack:
            for owner in self.sources[stack.pop()].owners:
                if owner not in found:
                    found.add(owner)
                    stack.append(owner)
        return found

    # --- tapes

    @property
    def recording(self) -> Tapes:
        tapes: Tapes = self.store.get(RECORDING, NO_TAPES)
        return tapes

    def tape_state(self, tape: int) -> TapeState:
        state: TapeState = self.store.get(("tape", tape))
        return state

    def set_tape(self, tape: int, state: TapeState) -> None:
        self.store.set(("tape", tape), state)

    @property
    def context(self) -> Context:
        return self.frame.context

    # --- operations

    def operate(
        self,
        node: cst.CSTNode,
        groups: Sequence[Paths],
        kind: Kind = Kind.TENSOR,
        dtype: str = "",
        sure: bool = True,
        is_gradient: bool = False,
    ) -> Data:
        """The result of an operation on values with these dependencies."""
        station = self.station(node)
        recording = self.recording
        paths = through(self, groups, station, sure, is_gradient)
        symbolic = kind is Kind.TENSOR and self.context.is_graph
        return Data(
            kind, paths, dtype, made=Made(station, recording, self.paused), symbolic=symbolic
        )

    def opaque(self, node: cst.CSTNode, groups: Sequence[Paths]) -> Data:
        """The result of something whose body is not known: it may carry anything."""
        recording = self.recording
        if recording:
            groups = (*groups, {ANYTHING: Path(recording, sure=False)})
        return self.operate(node, groups, Kind.UNKNOWN, sure=False)

    def break_paths(
        self,
        node: cst.CSTNode,
        kind: Break,
        operand: Value,
        groups: Sequence[Paths],
        result: Kind,
        dtype: str = "",
        operation: str = "",
        operand_node: cst.CSTNode | None = None,
        qualified: str = "",
        symbolic: bool = False,
        context: str = "",
        explicit: bool = False,
        converted: Conversion = NO_CONVERSION,
    ) -> Data:
        """The result of an operation that lets no gradient through."""
        station = self.station(node)
        recording = self.recording
        cause = Cause(
            kind,
            station,
            operation or text_of(node),
            text_of(operand_node) if operand_node is not None else self.describe(operand),
            qualified,
            context or self.context.mode,
            symbolic,
            # TF 2.21: what is cut in a graph loop gives zeros, but a variable that is only stopped
            # there None.
            self.frame.graph_control > 0 and not (kind is Break.STOPPED and _is_variable(operand)),
            explicit,
            converted=converted.identity,
            compared=converted.is_difference,
            estimates=converted.is_sum,
            recording=recording,
            moment=self.steps,
        )
        paths = cut_paths(through(self, groups, station, True, False), cause)
        made = Made(station, recording, self.paused)
        is_symbolic = result is Kind.TENSOR and self.context.is_graph
        cell = self.fresh() if result is Kind.NDARRAY else None
        return Data(result, paths, dtype, made=made, symbolic=is_symbolic, cell=cell)

    def describe(self, value: Value) -> str:
        if isinstance(value, Object):
            return self.sources[value.identity].name
        if isinstance(value, Data) and value.identity is not None:
            return self.sources[value.identity].name
        return ""

    # --- values

    def paths(self, value: Value) -> Paths:
        return heap.paths_of(self, value)

    def groups(self, values: Iterable[Value]) -> list[Paths]:
        found = []
        for value in values:
            paths = heap.paths_of(self, value)
            if paths:
                found.append(paths)
        return found

    def is_tensor(self, value: Value) -> bool:
        """Whether the value is known to be a tensor or variable (unknown things are not)."""
        return isinstance(value, Data) and value.kind in (Kind.TENSOR, Kind.VARIABLE)

    def may_be_tuple(self, value: Data) -> bool:
        """Whether it comes from a call that may return a tuple of tensors, or is a part of that."""
        return value.made is not None and id(value.made.station.place.node) in self.tuple_calls

    def is_symbolic(self, value: Value) -> bool:
        return isinstance(value, Data) and value.symbolic and value.kind is Kind.TENSOR

    def kind_of(self, value: Value) -> Kind:
        """The kind of an operand; what Keras hands to a hook is a tensor, or a part of one is."""
        if isinstance(value, Data):
            return value.kind
        if isinstance(value, Object) and self.tensor_like:
            is_tensor = self.is_within(self.tensor_like, value.identity)
            return Kind.TENSOR if is_tensor else Kind.UNKNOWN
        return Kind.UNKNOWN

    def is_within(self, structures: set[int], identity: int) -> bool:
        """Whether something is one of `structures`, or an element of one; an attribute is not."""
        if identity in structures:
            return True
        source = self.sources[identity]
        return source.name.endswith("]") and any(
            self.is_within(structures, owner) for owner in source.owners
        )

    def link_parameter(self, function: Function, param: cst.Param, value: Value) -> Value:
        """What an argument of unknown class is, by how the called function uses it."""
        return value

    def constant_of(self, value: Value) -> Any:
        return value.constant if isinstance(value, Data) else NOTHING

    def is_none(self, value: Value) -> bool:
        return value is NONE or (isinstance(value, Data) and value.constant is None)

    def unknown_object(self, name: str, station: Station | None = None) -> Object:
        return Object(self.new_source(SourceKind.OBJECT, name, station))


def _is_variable(value: Value) -> bool:
    return isinstance(value, Data) and value.kind is Kind.VARIABLE
