"""Statements in the order of execution: bodies, and what leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, tapes
from tflint_grad.flow.definitions import Definitions
from tflint_grad.flow.state import Exit
from tflint_grad.flow.values import NONE, Value

if TYPE_CHECKING:
    from tflint_grad.outline import Unit


class Interpreter(Definitions):
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
            value = attributes.materialise(self, self.evaluate(node.value))
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
