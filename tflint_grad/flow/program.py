"""Executing a file: its module code first, then each function that nobody called."""

from __future__ import annotations

import ast
import os
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, names, syntax
from tflint_grad.flow.bodies import context_of_call, run_body
from tflint_grad.flow.callers import run_callers
from tflint_grad.flow.entries import (
    entry_arguments,
    entry_context,
    is_hook,
    linked_class,
    order_of_entries,
)
from tflint_grad.flow.events import Event, GradientTaken
from tflint_grad.flow.hooks import ask_compiled_losses, ask_hook
from tflint_grad.flow.instances import instantiate
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.keras_hooks import (
    MODEL_MEMBERS,
    MODULE_MEMBERS,
    is_model_class,
    makes_owners,
)
from tflint_grad.flow.limits import LimitReached
from tflint_grad.flow.modules import LoadedModule, PendingMembers, run_item
from tflint_grad.flow.paths import NO_TAPES
from tflint_grad.flow.state import EAGER, RECORDING, Frame
from tflint_grad.flow.statements import Interpreter
from tflint_grad.flow.store import ABSENT
from tflint_grad.flow.tape_sites import tell_tape_sites
from tflint_grad.flow.templates import run_templates
from tflint_grad.flow.values import Argument, Class, Data, Function, Object, Value
from tflint_grad.knowledge.taught import NOTHING_TAUGHT, Taught
from tflint_grad.outline import ClassItem, CodeItem, DefItem, Outline
from tflint_grad.outline.mark import leaves

if TYPE_CHECKING:
    from tflint_grad.outline import Item, Unit
    from tflint_grad.project import Project

RECURSION_LIMIT = 12_000


@dataclass(eq=False)
class Flow:
    """What an execution has shown: events in their order, and what was cut short."""

    outline: Outline
    events: list[Event]
    cut_short: list[str]
    steps: int
    needed_calls: set[int] = field(default_factory=set)
    outlines: tuple[Outline, ...] = ()  # of every file that was looked into, its own first

    def outline_of(self, unit: Unit) -> Outline:
        """The outline of the file that a unit is of."""
        return next((o for o in self.outlines if o.lines is unit.lines), self.outline)

    @property
    def questions(self) -> list[GradientTaken]:
        return [event for event in self.events if isinstance(event, GradientTaken)]


class Program(Interpreter):
    """The interpreter over one file, with the functions that may become entries."""

    def __init__(
        self,
        outline: Outline,
        project: Project | None = None,
        path: str | None = None,
        taught: Taught = NOTHING_TAUGHT,
    ) -> None:
        self.survey = outline.survey
        super().__init__(outline, frozenset(self.survey.source_names), project, taught)
        self.watched_names = frozenset(self.survey.watched_names)
        self.converted_names = frozenset(self.survey.converted_names)
        self.module = LoadedModule(path or os.path.abspath(outline.filename), outline, 0)
        self.modules[self.module.path] = self.module
        self.module_of_scope[0] = self.module
        self.classes: list[Class] = []
        self.links: dict[int, Object] = {}
        self.instances: dict[int, Object] = {}
        self.under_callers = False
        self.constructed: dict[int, list[Object]] = {}
        self.supposed = 0  # the class of which an instance is made that nobody is seen to make
        self.own_items = {
            id(item.unit): item for item, _ in leaves(outline.items) if isinstance(item, DefItem)
        }

    def on_class(self, cls: Class, scope: int) -> None:
        self.classes.append(cls)

    def on_instance(self, instance: Object, cls: Class) -> None:
        if cls.identity != self.supposed:
            self.constructed.setdefault(cls.identity, []).append(instance)

    def on_module(self, module: LoadedModule) -> None:
        """What is asked for, watched or converted in another file has an identity there too."""
        found = module.outline.survey_for_others
        if found is not None:
            self.source_names |= found.source_names
            self.watched_names |= found.watched_names
            self.converted_names |= found.converted_names

    # --- the module

    def run(self) -> Flow:
        self.step_limit = self.total_limit
        self.guarded("module", self._run_module)
        run_callers(self)
        run_templates(self)
        self._run_entries()
        ask_compiled_losses(self)
        tell_tape_sites(self)
        outlines = [loaded.outline for loaded in self.modules.values() if loaded is not None]
        return Flow(
            self.outline,
            [event for event in self.events if self._is_ours(event)],
            self.cut_short,
            self.steps,
            self.needed_calls,
            tuple(outlines),
        )

    def _is_ours(self, event: Event) -> bool:
        """A pitfall is told where its tape is opened or asked; without a tape, where it is passed by.

        So each file tells of its own tapes, wherever the cause lies.
        """
        tape = getattr(event, "tape", None)
        station = event.station
        if id(station.place.node) in self.expected_none:
            return False
        if tape is not None:
            return self.is_own(tape.station.place.unit) or self.is_own(station.place.unit)
        return any(self.is_own(p.unit) for p in (station.place, *(c for _, c in station.calls)))

    def guarded(self, what: str, run: object) -> bool:
        """Run something within the limits; what is beyond them is said, not hidden.

        Returns whether it came to its end.
        """
        self.step_limit = min(self.total_limit, self.steps + self.STEPS_PER_ENTRY)
        if what == "module":
            self.step_limit = self.total_limit
        depth = len(self.frames)
        frame, unit = self.frame, getattr(self, "unit", None)
        finished, known = True, set(self.tapes)
        try:
            run()  # type: ignore[operator]
        except LimitReached:
            finished = False
            self.abandon_tapes(known)
            self.cut_short.append(f"{what}: more than {self.step_limit:,} steps")
            del self.frames[depth:]
            self.frame = frame
            if unit is not None:
                self.unit = unit
        self.exit = None
        return finished

    def _run_module(self) -> None:
        self._run_items(self.outline.items)
        self._run_nested()

    def _run_nested(self) -> None:
        """Nested functions that nobody called run at the end, in the scope that they close over."""
        while self.nested:
            function, context = self.nested.pop(0)
            if id(function.node) in self.executed:
                continue
            self.unit = function.unit
            escape(self, function)
            cls = function.owner
            own = context_of_call(self, function) if function.wrapping.graph else context
            arguments = entry_arguments(self, function, cls, None)
            run_body(self, function, arguments, function.node, context=own, is_entry=True)

    def _run_items(self, items: list[Item]) -> None:
        for item in items:
            if _runs_at_once(item) and id(item) not in self.module.ran:
                self.exit = None
                run_item(self, self.module, item)

    def run_class(self, module: LoadedModule, item: ClassItem) -> None:
        """Define a class; methods that are not needed for sure wait until they are asked for."""
        header = item.header.statements()[0]
        assert isinstance(header, cst.ClassDef)
        self.unit = item.header
        scopes: list[int] = []
        ran: set[int] = set()

        def run_members() -> None:
            scopes.append(self.frame.scope)
            for member in item.members:
                if _runs_at_once(member):
                    ran.add(id(member))
                    self.run_unit(member.unit)

        fields = [
            line.target.id
            for line in item.node.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        ]
        cls = self.define_class(item.name, header, run_members, fields)
        self.pending_members[cls.identity] = PendingMembers(item, module, scopes[0], cls, ran)
        names.bind_name(self, item.name, cls, header)

    # --- entries

    def _run_entries(self) -> None:
        tried: set[int] = set()
        while True:
            # An entry may define classes, whose methods are entries too.
            waiting = [
                entry
                for entry in order_of_entries(self)
                if id(entry[0].node) not in self.executed
                and id(entry[0].node) not in tried
                and self._is_entry(entry[0])
            ]
            if not waiting or self.steps >= self.total_limit:
                break
            for function, cls in waiting:
                tried.add(id(function.node))
                if not self.survey.is_tensorflow and cls is not None and is_hook(function, cls):
                    continue
                if id(function.node) not in self.executed and self.steps < self.total_limit:
                    self.guarded(function.name, partial(self.run_entry, function, cls))
        if self.steps >= self.total_limit:
            self.cut_short.append("entries: the file's share of steps is used up")

    def _is_entry(self, function: Function) -> bool:
        item = self.own_items.get(id(function.unit))
        return item is None or item.is_entry

    def run_entry(self, function: Function, cls: Class | None) -> None:
        mark = self.store.mark()
        self.entry += 1
        self.unit = function.unit
        receiver: Object | None = None
        if cls is not None and function.role != "staticmethod":
            receiver = self.instance_of(cls)
        context = entry_context(self, function, cls)
        arguments = entry_arguments(self, function, cls, receiver)
        if function.role == "classmethod" and cls is not None:
            arguments[next(iter(arguments), "cls")] = cls
        if cls is not None and is_hook(function, cls):
            ask_hook(self, function, cls, receiver, arguments, context)
        else:
            run_body(self, function, arguments, function.node, context=context, is_entry=True)
        self._run_nested()
        self._keep_new_state(mark)

    def instance_of(self, cls: Class) -> Object:
        """The one instance that callers make, or one made with unknown arguments; one a class."""
        known = self.instances.get(cls.identity)
        made_by_callers = self.constructed.get(cls.identity, [])
        if known is None and len(made_by_callers) == 1:
            known = self.instances[cls.identity] = made_by_callers[0]
        if known is None:
            self.instances[cls.identity] = Object(cls.identity, cls)
            init = attributes.find_in_class(self, cls, "__init__")
            arguments: list[Argument] = []
            if isinstance(init, Function):
                unknown = entry_arguments(self, init, cls, Object(cls.identity, cls))
                first = [*init.node.params.posonly_params, *init.node.params.params][:1]
                skipped = {param.name.value for param in first}
                skipped |= {p.name.value for p in _starred(init.node.params)}
                arguments = [
                    Argument(value, name) for name, value in unknown.items() if name not in skipped
                ]
            made = self._made_before(cls, arguments)
            known = made if isinstance(made, Object) else Object(cls.identity, cls)
            self.instances[cls.identity] = known
        return known

    def _made_before(self, cls: Class, arguments: list[Argument]) -> Value:
        """An instance that was there before any tape was opened, whatever is recording now."""
        frame, recording, mark = self.frame, self.recording, self.store.mark()
        known, self.supposed = self.supposed, cls.identity
        self.frame = self._module_frame(cls)
        self.store.set(RECORDING, NO_TAPES)
        try:
            return instantiate(self, cls, arguments, cst.Pass())
        finally:
            self.frame, self.supposed = frame, known
            self.store.set(RECORDING, recording)
            self.store.settle(mark)

    def _module_frame(self, cls: Class) -> Frame:
        """A frame at the top of the module that a class is of."""
        pending = self.pending_members.get(cls.identity)
        if pending is None or pending.module is self.module:
            return self.frames[0]
        return Frame(self.fresh(), pending.module.scope, EAGER)

    def link_parameter(self, function: Function, param: cst.Param, value: Value) -> Value:
        if (
            not isinstance(value, Object)
            or value.cls is not None
            or not self.sources[value.identity].is_parameter
        ):
            return value
        linked = linked_class(self, function, param, "")
        if linked is None:
            return value
        known = self.links.get(value.identity)
        if known is None:
            known = self.links[value.identity] = self.instance_of(linked)
            self.sources[known.identity].owners.add(value.identity)
        return known

    # --- what is used of a parameter, and what a class offers

    def uses_of_parameter(self, node: cst.CSTNode, name: str) -> tuple[set[str], bool]:
        """The attributes used of a parameter in a function, and whether it is called itself."""
        return syntax.uses_of_names(node).get(name, (set(), False))

    def members_of(self, cls: Class) -> set[str]:
        """Methods and `self.` attributes of a class and its bases in the file."""
        found: set[str] = set()
        for entry in cls.ancestry():
            pending = self.pending_members.get(entry.identity)
            if pending is not None:
                found |= pending.item.attribute_names
            else:
                found |= self.survey.members.get(entry.name, set())
        if is_model_class(cls):
            found |= MODEL_MEMBERS
        elif makes_owners(cls):
            found |= MODULE_MEMBERS
        return found

    def _keep_new_state(self, mark: int) -> None:
        """Take back what an entry wrote, but for state that did not exist before it."""
        written = self.store.take_back(mark)
        for key, value in written.items():
            if value is ABSENT or key[0] == "recording":
                continue
            before = self.store.get(key, ABSENT)
            fresh = before is ABSENT or (isinstance(before, Data) and before.constant is None)
            if key[0] in ("attribute", "item", "content") and not fresh:
                self.store.set(key, before)
            elif fresh:
                self.store.set(key, value)


def run(outline: Outline, project: Project | None = None, taught: Taught = NOTHING_TAUGHT) -> Flow:
    """Execute an outlined file abstractly and return what it shows.

    Values are followed into the other files of `project`, where it is given. `taught`: what the
    configuration says of functions.

    Raises:
        Unreadable: libcst cannot parse a part in which somebody asks for a place.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    program = Program(outline, project, taught=taught)
    try:
        return program.run()
    finally:
        program.__dict__.clear()  # it is full of circles, which would wait for the collector
        sys.setrecursionlimit(limit)
        syntax.forget()


def _runs_at_once(item: Item) -> bool:
    """Whether something is executed in its place; all else that is needed when its name is read."""
    if isinstance(item, DefItem):
        return item.is_entry or (item.needed and bool(item.node.decorator_list))
    if isinstance(item, CodeItem):
        return item.is_entry
    return item.needed


def _starred(params: cst.Parameters) -> list[cst.Param]:
    found = [params.star_arg, params.star_kwarg]
    return [param for param in found if isinstance(param, cst.Param)]
