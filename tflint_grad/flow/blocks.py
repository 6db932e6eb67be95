"""Blocks that are entered and left: `with` and `try`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import libcst as cst

from tflint_grad.flow import attributes, names, pauses, tapes
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.calls import call_value
from tflint_grad.flow.imports import surely_imports
from tflint_grad.flow.iteration import unpack
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.loops import Loops
from tflint_grad.flow.state import Exit
from tflint_grad.flow.values import (
    NONE,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Generator,
    Method,
    Object,
    Tape,
    Value,
)


class Blocks(Loops):
    """The visitors of `with` and `try`."""

    # --- with

    def visit_With(self, node: cst.With) -> bool:
        self._enter_items(node, list(node.items))
        return False

    def _enter_items(self, node: cst.With, items: list[cst.WithItem]) -> None:
        if not items:
            self.evaluate(node.body)
            return
        item, rest = items[0], items[1:]
        manager = attributes.materialise(self, self.evaluate(item.item))
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
            case Object() if isinstance(manager.cls, Class) and attributes.find_in_class(
                self, manager.cls, "__enter__"
            ):
                entered = attributes.read_attribute(self, manager, "__enter__", item.item)
                bind(call_value(self, entered, [], item.item))
                body()
                left, self.exit = self.exit, None
                leave = attributes.read_attribute(self, manager, "__exit__", item.item)
                call_value(self, leave, [Argument(NONE)] * 3, item.item)
                self.exit = left
            case Choice() if any(isinstance(option, Tape) for option in manager.options):
                bind(manager)
                held = [option for option in manager.options if isinstance(option, Tape)]
                for tape in held:
                    escape(self, tape)  # the manager may be another class altogether
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
