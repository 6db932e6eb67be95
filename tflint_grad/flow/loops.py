"""Loops: each body is executed twice, or once for each known element."""

from __future__ import annotations

import libcst as cst

from tflint_grad.flow import attributes, datasets
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.branches import Branches
from tflint_grad.flow.control import control_on, truth
from tflint_grad.flow.iteration import rounds, unpack
from tflint_grad.flow.joins import join_cells
from tflint_grad.flow.state import LoopState
from tflint_grad.flow.values import Generator, Sequence, Value

#: Only the two outermost loops are run twice: inner ones would double the work at each level.
MAX_DOUBLED_LOOPS = 2


class Loops(Branches):
    """The visitors of `for` and `while`."""

    def visit_For(self, node: cst.For) -> bool:
        iterable = attributes.materialise(self, self.evaluate(node.iter))
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
        if not content.exact:
            self._leave_lists_open(loop.mark)
        if over_dataset is not None and recording:
            datasets.cut_by_loop(self, loop.mark, recording, node.iter, over_dataset)
        self._after_loop(loop, node.orelse if not broken else None)
        return False

    def _leave_lists_open(self, mark: int) -> None:
        """Two rounds stand for any number: a list that grew may have become longer."""
        for key, before in self.store.before(mark).items():
            now = self.store.get(key)
            if (
                key[0] == "list"
                and isinstance(before, Sequence)
                and isinstance(now, Sequence)
                and before.rest is None
                and now.rest is None
                and len(now.items) > len(before.items)
            ):
                self.store.set(key, Sequence(now.items[:-1], now.items[-1], now.kind))

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
            test = attributes.materialise(self, self.evaluate(node.test))
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
        self._leave_lists_open(loop.mark)
        self._after_loop(loop, node.orelse if not broken else None)
        return False
