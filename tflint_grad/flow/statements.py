"""Statements: control flow, bindings and definitions, in the order of execution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import datasets, heap, modules, names, pauses, tapes
from tflint_grad.flow.calls import call_value, decorate, run_body
from tflint_grad.flow.control import control_on, truth
from tflint_grad.flow.events import VariableRebound
from tflint_grad.flow.expressions import Expressions
from tflint_grad.flow.imports import bind_import, bind_import_from, surely_imports
from tflint_grad.flow.iteration import put_item, rounds, unpack
from tflint_grad.flow.joins import join_cells, join_values
from tflint_grad.flow.operators import binary
from tflint_grad.flow.state import Exit, LoopState
from tflint_grad.flow.values import (
    NONE,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    Function,
    Generator,
    Kind,
    Known,
    ListRef,
    Method,
    Object,
    Tape,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution
    from tflint_grad.outline import Unit

#: Only the two outermost loops are run twice: inner ones would double the work at each level.
MAX_DOUBLED_LOOPS = 2
_AUGMENTED = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.MatrixMultiplyAssign: "@",
}


class Interpreter(Expressions):
    """The visitors of statements; with those of expressions, the whole abstract interpreter."""

    def run_unit(self, unit: Unit) -> None:
        """Execute the statements of a unit in the present frame."""
        outer = getattr(self, "unit", None)
        self.unit = unit
        try:
            self.run_block(unit.statements())
        finally:
            if outer is not None:
                self.unit = outer

    # --- blocks

    def visit_Module(self, node: cst.Module) -> bool:
        self.run_block(node.body)
        return False

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        self.run_block(node.body)
        return False

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> bool:
        self.run_block(node.body)
        return False

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        self.run_block(node.body)
        return False

    def visit_Expr(self, node: cst.Expr) -> bool:
        if not isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString)):
            self.statement = node.value
            self.evaluate(node.value)
        return False

    def visit_Pass(self, node: cst.Pass) -> bool:
        return False

    # --- leaving a block

    def visit_Return(self, node: cst.Return) -> bool:
        value: Value = NONE
        if node.value is not None:
            value = names.materialise(self, self.evaluate(node.value))
        frame = self.frame
        frame.returns.append(value)
        if not frame.finals:
            tapes.note_undeleted(self)
        if self.exit is None:
            if frame.forks:
                for tape in reversed(frame.open_tapes):
                    tapes.leave(self, tape)
                frame.pending.append(self.store.changes(frame.mark))
            self.exit = Exit("return", frame.identity)
        return False

    def visit_Raise(self, node: cst.Raise) -> bool:
        if node.exc is not None:
            self.evaluate(node.exc)
        self.exit = Exit("raise", self.frame.identity)
        return False

    def visit_Break(self, node: cst.Break) -> bool:
        if self.frame.loop_states:
            loop = self.frame.loop_states[-1]
            if self.frame.forks > loop.forks:
                loop.breaks.append(self.store.changes(loop.mark))
        self.exit = Exit("break", self.frame.identity)
        return False

    def visit_Continue(self, node: cst.Continue) -> bool:
        self.exit = Exit("continue", self.frame.identity)
        return False

    # --- branches

    def visit_If(self, node: cst.If) -> bool:
        test = names.materialise(self, self.evaluate(node.test))
        control_on(self, node.test, "break" if _leaves_loop(node) else "if", test, node.test)
        decided = truth(self, test)
        self.frame.branches += 1
        if decided is True:
            self.evaluate(node.body)
        elif decided is False:
            if node.orelse is not None:
                self.evaluate(node.orelse)
        else:
            orelse = node.orelse
            self.fork(
                [
                    lambda: self._branch(node.test, True, node.body),
                    lambda: self._branch(node.test, False, orelse),
                ]
            )
        self.frame.branches -= 1
        return False

    def _branch(self, test: cst.CSTNode, taken: bool, body: cst.CSTNode | None) -> None:
        doubtful = self._supposes_none(test, taken)
        self._narrow(test, taken)
        self.doubts += doubtful
        try:
            if body is not None:
                self.evaluate(body)
        finally:
            self.doubts -= doubtful

    def _supposes_none(self, test: cst.CSTNode, taken: bool) -> bool:
        """A branch for `value is None`, where nothing shows that the value ever is."""
        if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
            return False
        target = test.comparisons[0]
        if not isinstance(target.comparator, cst.Name) or target.comparator.value != "None":
            return False
        if not isinstance(target.operator, cst.Is if taken else cst.IsNot):
            return False
        value = names.read_name(self, test.left.value) if isinstance(test.left, cst.Name) else None
        return isinstance(value, Data) and value.made is not None

    def _narrow(self, test: cst.CSTNode, taken: bool) -> None:
        """`x is None` holds in one branch and not in the other."""
        if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
            self._narrow(test.expression, not taken)
            return
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            target = test.comparisons[0]
            if isinstance(test.left, cst.Name) and isinstance(target.comparator, cst.Name):
                if target.comparator.value != "None":
                    return
                if isinstance(target.operator, cst.Is):
                    self._assume_none(test.left, taken)
                elif isinstance(target.operator, cst.IsNot):
                    self._assume_none(test.left, not taken)

    def _assume_none(self, name: cst.Name, is_none: bool) -> None:
        value = names.read_name(self, name.value)
        if is_none:
            if not isinstance(value, (Choice, Object)):
                return
            names.bind_name(self, name.value, NONE, name)
        elif isinstance(value, Choice):
            rest = [option for option in value.options if not self.is_none(option)]
            if rest:
                names.bind_name(self, name.value, join_values(rest), name)

    def visit_Else(self, node: cst.Else) -> bool:
        self.evaluate(node.body)
        return False

    def visit_Match(self, node: cst.Match) -> bool:
        subject = names.materialise(self, self.evaluate(node.subject))
        control_on(self, node.subject, "match", subject, node.subject, converted=False)
        runs: list[Callable[[], None]] = []
        exhaustive = False
        for case in node.cases:
            runs.append(partial(self._case, case, subject))
            exhaustive = exhaustive or (
                case.guard is None
                and isinstance(case.pattern, cst.MatchAs)
                and case.pattern.pattern is None
            )
        if not exhaustive:
            runs.append(lambda: None)
        self.fork(runs)
        return False

    def _case(self, case: cst.MatchCase, subject: Value) -> None:
        self._bind_pattern(case.pattern, subject)
        if case.guard is not None:
            self.evaluate(case.guard)
        self.evaluate(case.body)

    def _bind_pattern(self, pattern: cst.CSTNode, subject: Value) -> None:
        from tflint_grad.flow.syntax import children

        if isinstance(pattern, cst.MatchAs):
            if pattern.pattern is not None:
                self._bind_pattern(pattern.pattern, subject)
            if pattern.name is not None:
                names.bind_name(self, pattern.name.value, subject, pattern)
        elif isinstance(pattern, cst.MatchStar):
            if pattern.name is not None:
                names.bind_name(self, pattern.name.value, subject, pattern)
        elif isinstance(pattern, (cst.MatchList, cst.MatchTuple)):
            items = heap.resolved(self, subject)
            plain = [p for p in pattern.patterns if isinstance(p, cst.MatchSequenceElement)]
            from tflint_grad.flow.values import Sequence as Items

            if (
                isinstance(items, Items)
                and items.rest is None
                and len(plain) == len(pattern.patterns) == len(items.items)
            ):
                for part, item in zip(plain, items.items, strict=True):
                    self._bind_pattern(part.value, item)
            else:
                for element in pattern.patterns:
                    part_subject = self.opaque(pattern, self.groups((subject,)))
                    value = (
                        element.value if isinstance(element, cst.MatchSequenceElement) else element
                    )
                    self._bind_pattern(value, part_subject)
        elif not isinstance(pattern, (cst.Name, cst.Attribute, cst.MatchValue)):
            for child in children(pattern):
                self._bind_pattern(child, subject)

    # --- loops

    def visit_For(self, node: cst.For) -> bool:
        iterable = names.materialise(self, self.evaluate(node.iter))
        if isinstance(iterable, Generator):
            self._for_over_generator(node, iterable)
            return False
        control_on(self, node.iter, "for", iterable, node.iter)
        content = rounds(self, iterable, node.iter)
        values = content.values
        if not content.exact and self.frame.loops >= MAX_DOUBLED_LOOPS:
            values = values[:1]
        graph_control = self.frame.graph_control
        over_dataset = None
        if self.context.mode == "autograph":
            over_dataset = datasets.loop_over_dataset(self, iterable, node.iter)
        recording = self.recording
        if self.is_symbolic(iterable):
            self.frame.graph_control += 1
        self.frame.loops += 1
        loop = LoopState(self.store.mark(), self.frame.forks)
        self.frame.loop_states.append(loop)
        broken = False
        for value in values:
            unpack(self, node.target, value)
            self.evaluate(node.body)
            if self._leave_round():
                broken = True
                break
        self.frame.loop_states.pop()
        self.frame.loops -= 1
        self.frame.graph_control = graph_control
        if over_dataset is not None and recording:
            datasets.cut_by_loop(self, loop.mark, recording, node.iter, over_dataset)
        self._after_loop(loop, node.orelse if not broken else None)
        return False

    def _after_loop(self, loop: LoopState, orelse: cst.Else | None) -> None:
        """Go on with what holds after the last round, or where a branch left by `break`."""
        if self.exit is None and orelse is not None:
            self.evaluate(orelse)
        if loop.breaks and self.exit is None:
            after = self.store.take_back(loop.mark)
            self.store.join([after, *loop.breaks], join_cells)

    def _leave_round(self) -> bool:
        """After one round of a loop: whether the loop is left."""
        left = self.exit
        if left is None:
            return False
        if left.frame == self.frame.identity and left.kind in ("break", "continue"):
            self.exit = None
            return left.kind == "break"
        return True

    def _for_over_generator(self, node: cst.For, generator: Generator) -> None:
        """The body of the loop runs where the generator yields."""
        frame, unit = self.frame, self.unit

        def round_of(value: Value) -> None:
            inner, inner_unit, inner_frames = self.frame, self.unit, self.frames
            self.frame, self.unit = frame, unit
            frame.loops += 1
            unpack(self, node.target, value)
            self.evaluate(node.body)
            left = self.exit
            if left is not None and left.frame == frame.identity and left.kind == "continue":
                self.exit = None
            frame.loops -= 1
            self.frame, self.unit, self.frames = inner, inner_unit, inner_frames

        run_body(self, generator.function, generator.arguments, node, on_yield=round_of)
        left = self.exit
        if left is not None and left.frame == frame.identity and left.kind == "break":
            self.exit = None

    def visit_While(self, node: cst.While) -> bool:
        doubled = self.frame.loops < MAX_DOUBLED_LOOPS
        self.frame.loops += 1
        graph_control = self.frame.graph_control
        loop = LoopState(self.store.mark(), self.frame.forks)
        self.frame.loop_states.append(loop)
        broken = False
        for _ in range(2 if doubled else 1):
            test = names.materialise(self, self.evaluate(node.test))
            control_on(self, node.test, "while", test, node.test)
            if truth(self, test) is False:
                break
            if self.is_symbolic(test):
                self.frame.graph_control += 1
            self.evaluate(node.body)
            if self._leave_round():
                broken = True
                break
        self.frame.loop_states.pop()
        self.frame.graph_control = graph_control
        self.frame.loops -= 1
        self._after_loop(loop, node.orelse if not broken else None)
        return False

    # --- with

    def visit_With(self, node: cst.With) -> bool:
        self._enter_items(node, list(node.items))
        return False

    def _enter_items(self, node: cst.With, items: list[cst.WithItem]) -> None:
        if not items:
            self.evaluate(node.body)
            return
        item, rest = items[0], items[1:]
        manager = names.materialise(self, self.evaluate(item.item))
        self._enter(node, item, manager, lambda: self._enter_items(node, rest))

    def _enter(
        self, node: cst.With, item: cst.WithItem, manager: Value, body: Callable[[], None]
    ) -> None:
        def bind(value: Value) -> None:
            if item.asname is not None:
                unpack(self, item.asname.name, value)

        match manager:
            case Tape():
                bind(manager)
                tapes.enter(self, manager, item.item)
                self.frame.open_tapes.append(manager)
                body()
                self.frame.open_tapes.pop()
                tapes.leave(self, manager)
            case Generator():
                self._enter_generator(manager, item, bind, body)
            case Method() if isinstance(manager.receiver, Tape):
                body()
            case Object() if isinstance(manager.cls, Class) and names.find_in_class(
                self, manager.cls, "__enter__"
            ):
                entered = names.read_attribute(self, manager, "__enter__", item.item)
                bind(call_value(self, entered, [], item.item))
                body()
                left, self.exit = self.exit, None
                leave = names.read_attribute(self, manager, "__exit__", item.item)
                call_value(self, leave, [Argument(NONE)] * 3, item.item)
                self.exit = left
            case Choice() if any(isinstance(option, Tape) for option in manager.options):
                bind(manager)
                held = [option for option in manager.options if isinstance(option, Tape)]
                for tape in held:
                    names.escape(self, tape)  # the manager may be another class altogether
                    tapes.enter(self, tape, item.item)
                body()
                for tape in held:
                    tapes.leave(self, tape)
            case _:
                held_still = pauses.paused_by(manager)
                if held_still is not None:
                    running = pauses.pause(self, held_still, item.item)
                    try:
                        body()
                    finally:
                        if running:
                            pauses.resume(self, held_still)
                    return
                bind(manager)
                body()
                if isinstance(manager, Object):
                    for tape in self.exit_stacks.pop(manager.identity, []):
                        tapes.leave(self, tape)

    def _enter_generator(
        self,
        manager: Generator,
        item: cst.WithItem,
        bind: Callable[[Value], None],
        body: Callable[[], None],
    ) -> None:
        """A `contextlib.contextmanager`: the block runs where the generator yields."""
        frame, unit = self.frame, self.unit
        ran: list[bool] = []

        def block(value: Value) -> None:
            if ran:
                return
            ran.append(True)
            inner, inner_unit, inner_frames = self.frame, self.unit, self.frames
            self.frame, self.unit = frame, unit
            bind(value)
            body()
            left, self.exit = self.exit, None
            self.frame, self.unit, self.frames = inner, inner_unit, inner_frames
            leaving.append(left)

        leaving: list[Exit | None] = []
        run_body(self, manager.function, manager.arguments, item.item, on_yield=block)
        if not ran:
            bind(UNKNOWN)
            body()
        elif leaving and leaving[-1] is not None:
            self.exit = leaving[-1]

    # --- try

    def visit_Try(self, node: cst.Try) -> bool:
        self._try(node.body, node.handlers, node.orelse, node.finalbody)
        return False

    def visit_TryStar(self, node: cst.TryStar) -> bool:
        self._try(node.body, node.handlers, node.orelse, node.finalbody)
        return False

    def _try(
        self,
        body: cst.BaseSuite,
        handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler],
        orelse: cst.Else | None,
        finalbody: cst.Finally | None,
    ) -> None:
        def succeed() -> None:
            self.evaluate(body)
            if self.exit is None and orelse is not None:
                self.evaluate(orelse)

        runs: list[Callable[[], None]] = [succeed]
        if not surely_imports(self, body, handlers):
            runs.extend(partial(self._handle, handler) for handler in handlers)
        frame = self.frame
        frame.finals += finalbody is not None
        self.fork(runs)
        if finalbody is not None:
            frame.finals -= 1
            left, self.exit = self.exit, None
            self.evaluate(finalbody.body)
            if left is not None and left.kind == "return":
                tapes.note_undeleted(self)
            if self.exit is None:
                self.exit = left

    def _handle(self, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> None:
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            names.bind_name(self, handler.name.name.value, UNKNOWN, handler)
        self.evaluate(handler.body)

    # --- bindings

    def visit_Assign(self, node: cst.Assign) -> bool:
        value = names.materialise(self, self.evaluate(node.value))
        for target in node.targets:
            self._assign(target.target, value, node)
        return False

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        if node.value is not None:
            value = names.materialise(self, self.evaluate(node.value))
            self._assign(node.target, value, node)
        return False

    def _assign(self, target: cst.CSTNode, value: Value, node: cst.CSTNode) -> None:
        if isinstance(target, cst.Attribute) and isinstance(value, Data):
            self._note_lost_update(target, value, node)
        unpack(self, target, value)

    def _note_lost_update(self, target: cst.Attribute, value: Data, node: cst.CSTNode) -> None:
        """`self.w = self.w - rate * gradient`: from the next call on, self.w is no variable."""
        receiver = names.materialise(self, self.evaluate(target.value))
        if not isinstance(receiver, Object) or value.kind is Kind.VARIABLE or value.made is None:
            return
        old = self.store.get(("attribute", receiver.identity, target.attr.value))
        if (
            isinstance(old, Data)
            and old.kind is Kind.VARIABLE
            and old.identity is not None
            and old.identity in value.paths
            and tapes.was_asked(self, old.identity)
            and target.attr.value not in self.watched_names
        ):
            name = f"{self.sources[receiver.identity].name}.{target.attr.value}"
            self.events.append(VariableRebound(self.station(node), self.context, name, False))

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        old = names.materialise(self, self.evaluate(node.target))
        value = names.materialise(self, self.evaluate(node.value))
        symbol = _AUGMENTED.get(type(node.operator), "+")
        if isinstance(old, ListRef) and symbol == "+":
            from tflint_grad.flow.builtin_calls import extend_list

            extend_list(self, old, value, node)
            return False
        if isinstance(old, Data) and old.kind is Kind.VARIABLE and symbol in "+-*/":
            from tflint_grad.flow.text import text_of

            self.events.append(
                VariableRebound(
                    self.station(node), self.context, text_of(node.target), True, symbol
                )
            )
            return False
        result = binary(self, node, symbol, old, value)
        if isinstance(node.target, cst.Subscript):
            receiver = names.materialise(self, self.evaluate(node.target.value))
            put_item(self, node, receiver, self._literal_key(node.target), result)
        else:
            self._assign(node.target, result, node)
        return False

    def _literal_key(self, target: cst.Subscript) -> object:
        if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Index):
            return self.constant_of(self.evaluate(target.slice[0].slice.value))
        return None

    def visit_Del(self, node: cst.Del) -> bool:
        targets = node.target.elements if isinstance(node.target, cst.Tuple) else None
        for target in [element.value for element in targets] if targets else [node.target]:
            self._delete(target)
        return False

    def _delete(self, target: cst.CSTNode) -> None:
        value = self.evaluate(target) if isinstance(target, (cst.Name, cst.Attribute)) else None
        if isinstance(value, Choice):
            for option in value.options:
                if isinstance(option, Tape):
                    tapes.delete(self, option)
        if isinstance(value, Tape):
            tapes.delete(self, value)
        elif isinstance(target, cst.Subscript):
            held = names.materialise(self, self.evaluate(target))
            if isinstance(held, Tape):
                tapes.delete(self, held)

    def visit_Global(self, node: cst.Global) -> bool:
        for item in node.names:
            self.scopes[self.frame.scope].globals.add(item.name.value)
        return False

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        for item in node.names:
            self.scopes[self.frame.scope].nonlocals.add(item.name.value)
        return False

    def visit_Assert(self, node: cst.Assert) -> bool:
        test = names.materialise(self, self.evaluate(node.test))
        control_on(self, node, "assert", test, node.test, converted=False)
        return False

    def visit_TypeAlias(self, node: cst.TypeAlias) -> bool:
        return False

    # --- imports and definitions

    def visit_Import(self, node: cst.Import) -> bool:
        bind_import(self, node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        bind_import_from(self, node)
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        defaults = self.defaults_of(node.params)
        function: Value = Function(node, self.unit, self.frame.scope, defaults)
        for decorator in reversed(node.decorators):
            function = decorate(self, decorator.decorator, function)
        name = node.name.value
        if isinstance(function, Function) and function.role == "setter":
            name = f"{name}.setter"
        if self.scopes[self.frame.scope].is_class:
            # A method closes over the scope around its class, not over the class body.
            parent = self.scopes[self.frame.scope].parent
            if isinstance(function, Function) and function.scope == self.frame.scope:
                function = replace(function, scope=parent if parent is not None else 0)
            self.store.set(("name", self.frame.scope, name), function)
        else:
            names.bind_name(self, name, function, node)
        is_method = self.scopes[self.frame.scope].is_class
        if isinstance(function, Function) and self.frame.function is not None and not is_method:
            self.nested.append((function, self.context))
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        cls = self.define_class(node.name.value, node, lambda: self.run_block([node.body]))
        names.bind_name(self, node.name.value, cls, node)
        return False

    def define_class(
        self,
        name: str,
        header: cst.ClassDef,
        run_members: Callable[[], None],
        fields: Sequence[str] | None = None,
    ) -> Class:
        annotated = list(_annotated_fields(header) if fields is None else fields)
        bases = []
        for arg in header.bases:
            base = names.materialise(self, self.evaluate(arg.value))
            if isinstance(base, (Class, Known)):
                bases.append(base)
            elif isinstance(base, Choice):
                bases.extend(o for o in base.options if isinstance(o, (Class, Known)))
            else:
                bases.append(Known("?"))
        identity = self.new_source_for_class(name)
        scope = names.new_scope(self, self.frame.scope, is_class=True)
        outer = self.frame.scope
        self.frame.scope = scope
        mark = self.store.mark()
        try:
            run_members()
        finally:
            self.frame.scope = outer
        cls = Class(identity, name, tuple(bases), self.unit)
        owned_by(self, cls, scope, mark)
        for decorator in header.decorators:
            found = self.evaluate(decorator.decorator)
            if _is_dataclass(found):
                inherited = [
                    f
                    for base in bases
                    if isinstance(base, Class)
                    for f in base.dataclass_fields or ()
                ]
                cls = replace(cls, dataclass_fields=tuple(dict.fromkeys([*inherited, *annotated])))
            elif isinstance(found, Function):
                call_value(self, found, [Argument(cls)], decorator.decorator)  # it may register it
        for base in bases:
            if isinstance(base, Known) and base.name.endswith("NamedTuple"):
                cls = replace(cls, dataclass_fields=tuple(annotated))
        self.on_class(cls, scope)
        return cls

    def new_source_for_class(self, name: str) -> int:
        from tflint_grad.flow.state import SourceKind

        return self.new_source(SourceKind.OBJECT, name)

    def on_class(self, cls: Class, scope: int) -> None:
        """A class was defined, its body in a scope of its own."""


def owned_by(x: Execution, cls: Class, scope: int, mark: int) -> None:
    """What the body of a class has bound since the mark are attributes of the class."""
    for key, value in x.store.changes(mark).items():
        if key[0] == "name" and key[1] == scope:
            value = modules.resolved(x, value)
            if isinstance(value, Function) and value.owner is None:
                value = replace(value, owner=cls)
            x.store.set(("attribute", cls.identity, key[2]), value)


def _leaves_loop(node: cst.If) -> bool:
    body = node.body.body
    last = body[-1] if body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, (cst.Break, cst.Continue))


def _is_dataclass(value: Value) -> bool:
    from tflint_grad.flow.values import Partial

    if isinstance(value, Partial):
        value = value.function
    return isinstance(value, Known) and value.name in (
        "dataclasses.dataclass",
        "attr.s",
        "attrs.define",
    )


def _annotated_fields(header: cst.ClassDef) -> list[str]:
    found = []
    for line in header.body.body:
        if isinstance(line, cst.SimpleStatementLine):
            for small in line.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    found.append(small.target.value)
    return found
