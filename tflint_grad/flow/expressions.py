"""Expressions: each visitor leaves the value of its node in `self.value`."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import Any

import libcst as cst

from tflint_grad.flow import attributes, heap, names
from tflint_grad.flow.calls import call_value
from tflint_grad.flow.control import (
    control_on,
    control_on_parameter,
    is_traced_parameter,
    truth,
)
from tflint_grad.flow.execution import Execution
from tflint_grad.flow.iteration import rounds, unpack
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.operators import binary, fold, subscript
from tflint_grad.flow.paths import Break
from tflint_grad.flow.recording import piecewise_constant
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NOTHING,
    STATIC,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    Function,
    Kind,
    ListRef,
    Mapped,
    Method,
    Object,
    Sequence,
    Value,
    constant,
)

_SYMBOLS: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
}
#: Text as it stands; `ast` would leave a circle behind for each.
_PLAIN_TEXT = re.compile(r"""(["'])([^"'\\]*)\1""")


@lru_cache(maxsize=4096)
def _literal(text: str) -> Value:
    """The value that a number or string stands for: the same few are met all the time."""
    try:
        if plain := _PLAIN_TEXT.fullmatch(text):
            return constant(plain[2])
        return constant(int(text) if text.isdecimal() else ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return STATIC


class Expressions(Execution):
    """The visitors of expressions."""

    def visit_Name(self, node: cst.Name) -> bool:
        self.value = names.read_name(self, node.value)
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        receiver = self.evaluate(node.value)
        receiver = attributes.materialise(self, receiver)
        self.value = attributes.read_attribute(self, receiver, node.attr.value, node)
        return False

    def visit_Integer(self, node: cst.Integer) -> bool:
        self.value = _literal(node.value)
        return False

    def visit_Float(self, node: cst.Float) -> bool:
        self.value = _literal(node.value)
        return False

    def visit_Imaginary(self, node: cst.Imaginary) -> bool:
        self.value = Data(Kind.HOST, dtype="complex")
        return False

    def visit_SimpleString(self, node: cst.SimpleString) -> bool:
        self.value = _literal(node.value) if len(node.value) < 200 else STATIC
        return False

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        self.evaluate(node.left)
        self.evaluate(node.right)
        self.value = Data(Kind.HOST, dtype="string")
        return False

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        for part in node.parts:
            if isinstance(part, cst.FormattedStringExpression):
                self.evaluate(part.expression)
        self.value = Data(Kind.HOST, dtype="string")
        return False

    def visit_Ellipsis(self, node: cst.Ellipsis) -> bool:
        self.value = STATIC
        return False

    def visit_Tuple(self, node: cst.Tuple) -> bool:
        self.value = self._elements(node.elements, "tuple")
        return False

    def visit_List(self, node: cst.List) -> bool:
        self.value = heap.new_list(self, self._elements(node.elements, "list"))
        return False

    def visit_Set(self, node: cst.Set) -> bool:
        items = self._elements(node.elements, "set")
        self.value = items
        return False

    def _elements(self, elements: Any, kind: str) -> Sequence:
        items: list[Value] = []
        rest: list[Value] = []
        for element in elements:
            value = attributes.materialise(self, self.evaluate(element.value))
            if isinstance(element, cst.StarredElement):
                content = rounds(self, value, element)
                if content.exact and not rest:
                    items.extend(content.values)
                else:
                    rest.extend(content.values)
            elif rest or len(items) > 64:
                rest.append(value)
            else:
                items.append(value)
            if isinstance(value, Function):
                continue
        return Sequence(tuple(items), join_values(rest) if rest else None, kind)

    def visit_Dict(self, node: cst.Dict) -> bool:
        items: dict[Any, Value] = {}
        rest: list[Value] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self.constant_of(self.evaluate(element.key))
                value = attributes.materialise(self, self.evaluate(element.value))
                if isinstance(key, (str, int, bool)) and len(items) < 256:
                    items[key] = value
                else:
                    rest.append(value)
            else:
                content = heap.resolved(self, self.evaluate(element.value))
                if isinstance(content, Mapped):
                    items.update(content.items)
                    if content.rest is not None:
                        rest.append(content.rest)
                else:
                    rest.append(content)
        mapped = Mapped(items, join_values(rest) if rest else None)
        self.value = heap.new_dict(self, mapped)
        return False

    def visit_StarredElement(self, node: cst.StarredElement) -> bool:
        self.evaluate(node.value)
        return False

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> bool:
        left = self.evaluate(node.left)
        right = self.evaluate(node.right)
        folded = fold(node.operator, left, right)
        if folded is not None:
            self.value = folded
        else:
            symbol = _SYMBOLS.get(type(node.operator), "+")
            self.value = binary(self, node, symbol, left, right)
        return False

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> bool:
        value = attributes.materialise(self, self.evaluate(node.expression))
        known = self.constant_of(value)
        if isinstance(node.operator, cst.Not):
            control_on(self, node, "not", value, node.expression)
            decided = truth(self, value)
            self.value = STATIC if decided is None else constant(not decided)
        elif isinstance(known, (int, float)) and isinstance(node.operator, cst.Minus):
            self.value = constant(-known)
        elif isinstance(value, Data) and value.kind in (Kind.HOST, Kind.NDARRAY):
            self.value = Data(value.kind, value.paths, value.dtype)
        else:
            kind = self.kind_of(value)
            kind = Kind.TENSOR if kind is Kind.VARIABLE else kind
            dtype = value.dtype if isinstance(value, Data) else ""
            self.value = self.operate(node, self.groups((value,)), kind, dtype)
        return False

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> bool:
        is_and = isinstance(node.operator, cst.And)
        left = attributes.materialise(self, self.evaluate(node.left))
        control_on(self, node, "and" if is_and else "or", left, node.left)
        decided = truth(self, left)
        if decided is not None and decided is not is_and:
            self.value = left
            return False
        right = attributes.materialise(self, self.evaluate(node.right))
        self.value = right if decided is not None else join_values([left, right])
        return False

    def visit_Comparison(self, node: cst.Comparison) -> bool:
        left = attributes.materialise(self, self.evaluate(node.left))
        result: Value = STATIC
        last = left
        for target in node.comparisons:
            right = attributes.materialise(self, self.evaluate(target.comparator))
            result = self._compared(node, target.operator, last, right)
            last = right
        if len(node.comparisons) > 1:
            control_on(self, node, "chained comparison", result, node)
        self.value = result
        return False

    def _compared(
        self, node: cst.Comparison, comparison: cst.BaseCompOp, left: Value, right: Value
    ) -> Value:
        if isinstance(comparison, (cst.Is, cst.IsNot)):
            return self._identity_test(node, comparison, left, right)
        if isinstance(comparison, (cst.In, cst.NotIn)):
            if isinstance(right, (Sequence, ListRef)) and self.is_symbolic(left):
                control_on(self, node, "in", left, node.left, converted=False)
            elif is_traced_parameter(self, left) and _all_numbers(self, right):
                control_on_parameter(self, node, "in", node.left)
            return STATIC
        folded = fold(comparison, left, right)
        if folded is not None:
            return folded
        groups = self.groups((left, right))
        tensors = [
            value for value in (left, right) if self.kind_of(value) in (Kind.TENSOR, Kind.VARIABLE)
        ]
        host = all(
            isinstance(v, Data) and v.kind in (Kind.HOST, Kind.NDARRAY) for v in (left, right)
        )
        if host:
            paths = piecewise_constant(self.operate(node, groups).paths)
            return Data(Kind.HOST, paths, "bool")
        if not all(_is_numeric(value) for value in (left, right)):
            return STATIC  # a comparison with a string, a list, a class
        kind = Kind.TENSOR if tensors else Kind.UNKNOWN
        if isinstance(comparison, (cst.Equal, cst.NotEqual)) and not any(
            self.is_tensor(value) for value in (left, right)
        ):
            kind = Kind.UNKNOWN  # anything can be compared for equality
        if not groups:
            return Data(kind, dtype="bool", symbolic=any(self.is_symbolic(t) for t in tensors))
        return self.break_paths(
            node, Break.NO_GRADIENT, left, groups, kind, "bool", text_of(node), qualified="<"
        )

    def _identity_test(
        self, node: cst.Comparison, comparison: cst.BaseCompOp, left: Value, right: Value
    ) -> Value:
        expected = isinstance(comparison, cst.Is)
        if self.is_none(right):
            if self.is_none(left):
                return constant(expected)
            if isinstance(left, Choice):
                if all(
                    not self.is_none(option) and not _may_be_none(option) for option in left.options
                ):
                    return constant(not expected)
                return STATIC
            return STATIC if _may_be_none(left) else constant(not expected)
        if isinstance(self.constant_of(right), bool) and self.is_symbolic(left):
            control_on(self, node, "is True", left, node.left, converted=False)
        return STATIC

    def visit_IfExp(self, node: cst.IfExp) -> bool:
        test = attributes.materialise(self, self.evaluate(node.test))
        control_on(self, node, "if", test, node.test)
        decided = truth(self, test)
        if decided is not None:
            self.value = self.evaluate(node.body if decided else node.orelse)
            return False
        values: list[Value] = []
        self.fork(
            [
                lambda: values.append(attributes.materialise(self, self.evaluate(node.body))),
                lambda: values.append(attributes.materialise(self, self.evaluate(node.orelse))),
            ]
        )
        self.value = join_values(values)
        return False

    def visit_NamedExpr(self, node: cst.NamedExpr) -> bool:
        value = attributes.materialise(self, self.evaluate(node.value))
        assert isinstance(node.target, cst.Name)
        inner = self.frame.scope
        while self.scopes[self.frame.scope].is_comprehension:
            parent = self.scopes[self.frame.scope].parent
            self.frame.scope = parent if parent is not None else 0
        names.bind_name(self, node.target.value, value, node)
        self.frame.scope = inner
        self.value = value
        return False

    def visit_Await(self, node: cst.Await) -> bool:
        self.evaluate(node.expression)
        return False

    def visit_Yield(self, node: cst.Yield) -> bool:
        frame = self.frame
        value: Value = UNKNOWN
        if node.value is not None:
            inner = node.value.item if isinstance(node.value, cst.From) else node.value
            value = attributes.materialise(self, self.evaluate(inner))
        if isinstance(node.value, cst.From):
            for element in rounds(self, value, node).values:
                self._yield(element)
        else:
            self._yield(value)
        self.frame = frame
        self.value = UNKNOWN
        return False

    def _yield(self, value: Value) -> None:
        frame = self.frame
        if frame.on_yield is not None:
            frame.on_yield(value)
        else:
            escape(self, value)

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        defaults = self.defaults_of(node.params)
        self.value = Function(node, self.unit, self.frame.scope, defaults)
        return False

    def defaults_of(self, params: cst.Parameters) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            if param.default is not None:
                found[param.name.value] = attributes.materialise(self, self.evaluate(param.default))
        return found

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        receiver = attributes.materialise(self, self.evaluate(node.value))
        if isinstance(receiver, Class):
            self.value = receiver  # `Trainer[Batch]`: the arguments of a generic class say nothing
            return False
        index: Value = UNKNOWN
        bounds: slice | None = None
        single = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index)
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                index = attributes.materialise(self, self.evaluate(element.slice.value))
            elif isinstance(element.slice, cst.Slice):
                bounds = self._bounds(element.slice)
        if len(node.slice) == 1 and isinstance(receiver, (Sequence, ListRef)) and bounds:
            content = heap.resolved(self, receiver)
            if isinstance(content, Sequence) and content.rest is None:
                self.value = Sequence(content.items[bounds], None, content.kind)
                return False
        self.value = subscript(self, node, receiver, index if single else UNKNOWN, single)
        return False

    def _bounds(self, part: cst.Slice) -> slice | None:
        """The bounds of a slice, where all that are written are known numbers."""
        values = [
            None if bound is None else attributes.materialise(self, self.evaluate(bound))
            for bound in (part.lower, part.upper, part.step)
        ]
        found = [None if value is None else self.constant_of(value) for value in values]
        known = all(
            value is None or type(number) is int
            for value, number in zip(values, found, strict=True)
        )
        return slice(*found) if known and found[2] != 0 else None

    def visit_Call(self, node: cst.Call) -> bool:
        function = self.evaluate(node.func)
        arguments: list[Argument] = []
        for arg in node.args:
            value = attributes.materialise(self, self.evaluate(arg.value))
            keyword = arg.keyword.value if arg.keyword is not None else None
            arguments.append(Argument(value, keyword, arg.star, self.place(arg.value)))
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "assertIsNone":
            self.expected_none.update(id(arg.value) for arg in node.args)
        self.value = call_value(self, function, arguments, node)
        return False

    # --- comprehensions

    def visit_ListComp(self, node: cst.ListComp) -> bool:
        self.value = heap.new_list(self, self._comprehend(node, "list"))
        return False

    def visit_SetComp(self, node: cst.SetComp) -> bool:
        self.value = self._comprehend(node, "set")
        return False

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> bool:
        self.value = self._comprehend(node, "generator")
        return False

    def visit_DictComp(self, node: cst.DictComp) -> bool:
        items: dict[Any, Value] = {}
        rest: list[Value] = []

        def collect() -> None:
            key = self.constant_of(self.evaluate(node.key))
            value = attributes.materialise(self, self.evaluate(node.value))
            if isinstance(key, (str, int)):
                items[key] = value
            else:
                rest.append(value)

        self._comprehension(node.for_in, collect)
        self.value = heap.new_dict(self, Mapped(items, join_values(rest) if rest else None))
        return False

    def _comprehend(self, node: Any, kind: str) -> Sequence:
        values: list[Value] = []

        def collect() -> None:
            value = attributes.materialise(self, self.evaluate(node.elt))
            values.append(value)

        exact = self._comprehension(node.for_in, collect)
        if exact:
            return Sequence(tuple(values), None, kind)
        return Sequence((), join_values(values) if values else None, kind)

    def _comprehension(self, loop: cst.CompFor, collect: Any) -> bool:
        """Run the rounds of a comprehension in a scope of its own; whether all were exact."""
        outer = self.frame.scope
        iterable = attributes.materialise(self, self.evaluate(loop.iter))
        control_on(self, loop.iter, "comprehension", iterable, loop.iter, converted=False)
        self.frame.scope = names.new_scope(self, outer, is_comprehension=True)
        self.frame.loops += 1
        content = rounds(self, iterable, loop.iter)
        exact = content.exact
        try:
            for element in content.values:
                unpack(self, loop.target, element)
                kept: bool | None = True
                for condition in loop.ifs:
                    test = attributes.materialise(self, self.evaluate(condition.test))
                    control_on(
                        self, condition, "comprehension", test, condition.test, converted=False
                    )
                    decided = truth(self, test)
                    if decided is None:
                        exact = False
                    elif not decided:
                        kept = False
                if not kept:
                    continue
                if loop.inner_for_in is not None:
                    exact = self._comprehension(loop.inner_for_in, collect) and exact
                else:
                    collect()
        finally:
            self.frame.scope = outer
            self.frame.loops -= 1
        return exact


def _all_numbers(x: Execution, value: Value) -> bool:
    parts = heap.parts(x, value)
    known = [x.constant_of(part) for part in parts]
    return bool(known) and all(
        isinstance(k, (int, float)) and not isinstance(k, bool) for k in known
    )


def _is_numeric(value: Value) -> bool:
    """Whether a comparison with this value may be TensorFlow's."""
    if isinstance(value, Data):
        return value.dtype != "string" and value.constant is not None
    return isinstance(value, (Object, Choice))


def _may_be_none(value: Value) -> bool:
    if isinstance(value, Object):
        return value.cls is None
    if isinstance(value, Data):
        return (
            value.kind is Kind.UNKNOWN
            or (value.kind is Kind.HOST and value.constant is NOTHING)
            or value.constant is None
        )
    return isinstance(value, Method)
