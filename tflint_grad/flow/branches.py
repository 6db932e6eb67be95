"""Branches: `if` and `match`, and what a test tells of the names in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import libcst as cst

from tflint_grad.concrete import children
from tflint_grad.flow import attributes, heap, names
from tflint_grad.flow.control import control_on, truth
from tflint_grad.flow.expressions import Expressions
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.patterns import cases_that_may_run
from tflint_grad.flow.values import NONE, Choice, Data, Kind, Known, Object, Sequence, Value

#: What an instance of is no tensor.
_NUMBERS = frozenset(
    (
        *("builtins.int", "builtins.float", "builtins.bool", "builtins.complex", "builtins.str"),
        *("numbers.Number", "numbers.Complex", "numbers.Real", "numbers.Rational"),
        *("numbers.Integral", "numpy.integer", "numpy.floating", "numpy.number"),
    )
)


class Branches(Expressions):
    """The visitors of `if` and `match`."""

    def visit_If(self, node: cst.If) -> bool:
        test = attributes.materialise(self, self.evaluate(node.test))
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
        if isinstance(test, cst.Call) and taken:
            self._assume_number(test)
        if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
            target = test.comparisons[0]
            if isinstance(test.left, cst.Name) and isinstance(target.comparator, cst.Name):
                if target.comparator.value != "None":
                    return
                if isinstance(target.operator, cst.Is):
                    self._assume_none(test.left, taken)
                elif isinstance(target.operator, cst.IsNot):
                    self._assume_none(test.left, not taken)

    def _assume_number(self, test: cst.Call) -> None:
        """`isinstance(steps, int)`: in this branch something unknown is no tensor."""
        if len(test.args) != 2 or not isinstance(test.args[0].value, cst.Name):
            return
        tested, name = self.evaluate(test.func), test.args[0].value
        if not (isinstance(tested, Known) and tested.name == "builtins.isinstance"):
            return
        kinds = heap.resolved(self, self.evaluate(test.args[1].value))
        options = kinds.items if isinstance(kinds, Sequence) else (kinds,)
        if all(isinstance(k, Known) and k.name in _NUMBERS for k in options):
            value = names.read_name(self, name.value)
            if isinstance(value, Object) and value.cls is None:
                names.bind_name(self, name.value, Data(Kind.HOST), name)

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
        subject = attributes.materialise(self, self.evaluate(node.subject))
        control_on(self, node.subject, "match", subject, node.subject, converted=False)
        cases, exhaustive = cases_that_may_run(self, node.cases, subject)
        runs: list[Callable[[], None]] = [partial(self._case, case, subject) for case in cases]
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

            if (
                isinstance(items, Sequence)
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
        elif isinstance(pattern, cst.MatchClass) and isinstance(subject, Object):
            for part in pattern.patterns:
                self._bind_pattern(part.value, self.opaque(pattern, self.groups((subject,))))
            for keyword in pattern.kwds:
                held = attributes.read_attribute(self, subject, keyword.key.value, keyword)
                self._bind_pattern(keyword.pattern, attributes.materialise(self, held))
        elif not isinstance(pattern, (cst.Name, cst.Attribute, cst.MatchValue)):
            for child in children(pattern):
                self._bind_pattern(child, subject)


def _leaves_loop(node: cst.If) -> bool:
    body = node.body.body
    last = body[-1] if body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, (cst.Break, cst.Continue))
