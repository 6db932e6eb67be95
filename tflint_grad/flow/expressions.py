"""Expressions: each visitor leaves the value of its node in `self.value`."""

from __future__ import annotations

import ast
import operator
from typing import Any

import libcst as cst

from tflint_grad.flow import heap, names
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
from tflint_grad.flow.paths import Break
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
    Parameters,
    Sequence,
    Value,
    constant,
)
from tflint_grad.knowledge import operations

_FOLDABLE: dict[type, Any] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Modulo: operator.mod,
    cst.FloorDivide: operator.floordiv,
    cst.Divide: operator.truediv,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
}
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
_DUNDERS = {
    "+": "__add__",
    "-": "__sub__",
    "*": "__mul__",
    "/": "__truediv__",
    "//": "__floordiv__",
    "%": "__mod__",
    "**": "__pow__",
    "@": "__matmul__",
}
_SMALL = (int, float, bool, str)


def binary(x: Execution, node: cst.CSTNode, symbol: str, left: Value, right: Value) -> Value:
    """The result of a binary operator on two values."""
    left, right = names.materialise(x, left), names.materialise(x, right)
    if isinstance(left, Parameters) and isinstance(right, Parameters) and symbol == "+":
        return Parameters((*left.owners, *right.owners), left.which)
    if symbol == "+":
        joined = _concatenated(x, left, right)
        if joined is not None:
            return joined
    if isinstance(left, Object) and isinstance(left.cls, Class) and symbol in _DUNDERS:
        method = names.find_in_class(x, left.cls, _DUNDERS[symbol])
        if isinstance(method, Function):
            bound = names.read_attribute(x, left, _DUNDERS[symbol], node)
            return call_value(x, bound, [Argument(right)], node)
    groups = x.groups((left, right))
    kinds = [x.kind_of(value) for value in (left, right)]
    dtype = _arithmetic_dtype(left, right, symbol)
    if Kind.TENSOR in kinds or Kind.VARIABLE in kinds:
        kind = Kind.TENSOR
    elif all(kind is Kind.HOST for kind in kinds):
        kind = Kind.HOST
    elif all(kind in (Kind.HOST, Kind.NDARRAY) for kind in kinds):
        kind = Kind.NDARRAY
    else:
        kind = Kind.UNKNOWN
    if kind in (Kind.HOST, Kind.NDARRAY):
        return Data(kind, x.operate(node, groups).paths, dtype)
    fact = operations.operator(symbol)
    if fact is not None and fact.gradient is operations.Gradient.NONE and groups:
        return x.break_paths(
            node, Break.NO_GRADIENT, left, groups, kind, dtype, text_of(node), qualified=symbol
        )
    return x.operate(node, groups, kind, dtype)


def _arithmetic_dtype(left: Value, right: Value, symbol: str) -> str:
    """Say integer only where all operands are known to be (LESSONS: anything else alarms)."""
    dtypes = [value.dtype if isinstance(value, Data) else "" for value in (left, right)]
    if "float" in dtypes:
        return "float"
    if dtypes == ["int", "int"]:
        return "float" if symbol == "/" else "int"
    if "complex" in dtypes:
        return "complex"
    return dtypes[0] if dtypes[0] == dtypes[1] else ""


def _concatenated(x: Execution, left: Value, right: Value) -> Value | None:
    contents = [heap.resolved(x, value) for value in (left, right)]
    if not any(isinstance(content, Sequence) for content in contents):
        return None
    if all(isinstance(content, Sequence) for content in contents):
        first, second = contents
        assert isinstance(first, Sequence) and isinstance(second, Sequence)
        if first.rest is None:
            items = Sequence((*first.items, *second.items), second.rest, first.kind)
        else:
            values = [first.rest, *second.items]
            if second.rest is not None:
                values.append(second.rest)
            items = Sequence(first.items, join_values(values), first.kind)
        return heap.new_list(x, items) if first.kind == "list" else items
    known = next(content for content in contents if isinstance(content, Sequence))
    if known.kind != "list" and known.kind != "tuple":
        return None
    other = contents[1] if contents[0] is known else contents[0]
    if isinstance(other, Parameters):
        parts = [*known.items, *([known.rest] if known.rest is not None else [])]
        if not parts:
            return other
        element = Object(x.child(other.owners[0], "[*]"))
        return Sequence((), join_values([*parts, element]), "list")
    return None


class Expressions(Execution):
    """The visitors of expressions."""

    def visit_Name(self, node: cst.Name) -> bool:
        self.value = names.read_name(self, node.value)
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        receiver = self.evaluate(node.value)
        receiver = names.materialise(self, receiver)
        self.value = names.read_attribute(self, receiver, node.attr.value, node)
        return False

    def visit_Integer(self, node: cst.Integer) -> bool:
        self.value = constant(node.evaluated_value)
        return False

    def visit_Float(self, node: cst.Float) -> bool:
        self.value = constant(node.evaluated_value)
        return False

    def visit_Imaginary(self, node: cst.Imaginary) -> bool:
        self.value = Data(Kind.HOST, dtype="complex")
        return False

    def visit_SimpleString(self, node: cst.SimpleString) -> bool:
        try:
            self.value = constant(ast.literal_eval(node.value)) if len(node.value) < 200 else STATIC
        except (SyntaxError, ValueError):
            self.value = STATIC
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
            value = names.materialise(self, self.evaluate(element.value))
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
                value = names.materialise(self, self.evaluate(element.value))
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
        folded = _fold(node.operator, left, right)
        if folded is not None:
            self.value = folded
        else:
            symbol = _SYMBOLS.get(type(node.operator), "+")
            self.value = binary(self, node, symbol, left, right)
        return False

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> bool:
        value = names.materialise(self, self.evaluate(node.expression))
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
        left = names.materialise(self, self.evaluate(node.left))
        control_on(self, node, "and" if is_and else "or", left, node.left)
        decided = truth(self, left)
        if decided is not None and decided is not is_and:
            self.value = left
            return False
        right = names.materialise(self, self.evaluate(node.right))
        self.value = right if decided is not None else join_values([left, right])
        return False

    def visit_Comparison(self, node: cst.Comparison) -> bool:
        left = names.materialise(self, self.evaluate(node.left))
        result: Value = STATIC
        last = left
        for target in node.comparisons:
            right = names.materialise(self, self.evaluate(target.comparator))
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
        folded = _fold(comparison, left, right)
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
            return Data(Kind.HOST, self.operate(node, groups).paths, "bool")
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
        test = names.materialise(self, self.evaluate(node.test))
        control_on(self, node, "if", test, node.test)
        decided = truth(self, test)
        if decided is not None:
            self.value = self.evaluate(node.body if decided else node.orelse)
            return False
        values: list[Value] = []
        self.fork(
            [
                lambda: values.append(names.materialise(self, self.evaluate(node.body))),
                lambda: values.append(names.materialise(self, self.evaluate(node.orelse))),
            ]
        )
        self.value = join_values(values)
        return False

    def visit_NamedExpr(self, node: cst.NamedExpr) -> bool:
        value = names.materialise(self, self.evaluate(node.value))
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
            value = names.materialise(self, self.evaluate(inner))
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
            names.escape(self, value)

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        defaults = self.defaults_of(node.params)
        self.value = Function(node, self.unit, self.frame.scope, defaults)
        return False

    def defaults_of(self, params: cst.Parameters) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            if param.default is not None:
                found[param.name.value] = names.materialise(self, self.evaluate(param.default))
        return found

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        receiver = names.materialise(self, self.evaluate(node.value))
        index: Value = UNKNOWN
        indices: list[Value] = []
        single = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index)
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                index = names.materialise(self, self.evaluate(element.slice.value))
                indices.append(index)
            elif isinstance(element.slice, cst.Slice):
                for bound in (element.slice.lower, element.slice.upper, element.slice.step):
                    if bound is not None:
                        indices.append(self.evaluate(bound))
        self.value = subscript(self, node, receiver, index if single else UNKNOWN, single)
        return False

    def visit_Call(self, node: cst.Call) -> bool:
        function = self.evaluate(node.func)
        arguments: list[Argument] = []
        for arg in node.args:
            value = names.materialise(self, self.evaluate(arg.value))
            keyword = arg.keyword.value if arg.keyword is not None else None
            arguments.append(Argument(value, keyword, arg.star, self.place(arg.value)))
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
            value = names.materialise(self, self.evaluate(node.value))
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
            value = names.materialise(self, self.evaluate(node.elt))
            values.append(value)

        exact = self._comprehension(node.for_in, collect)
        if exact:
            return Sequence(tuple(values), None, kind)
        return Sequence((), join_values(values) if values else None, kind)

    def _comprehension(self, loop: cst.CompFor, collect: Any) -> bool:
        """Run the rounds of a comprehension in a scope of its own; whether all were exact."""
        outer = self.frame.scope
        iterable = names.materialise(self, self.evaluate(loop.iter))
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
                    test = names.materialise(self, self.evaluate(condition.test))
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


def _fold(operation: cst.CSTNode, left: Value, right: Value) -> Value | None:
    if not (isinstance(left, Data) and isinstance(right, Data)):
        return None
    a, b = left.constant, right.constant
    if not isinstance(a, _SMALL) or not isinstance(b, _SMALL):
        return None
    function = _FOLDABLE.get(type(operation))
    if function is None or (isinstance(a, str) != isinstance(b, str)):
        return None
    if isinstance(a, str) and not isinstance(operation, (cst.Equal, cst.NotEqual, cst.Add)):
        return None
    if not isinstance(a, str) and (abs(a) > 1e9 or abs(b) > 1e9):  # type: ignore[arg-type]
        return None
    try:
        return constant(function(a, b))
    except (ArithmeticError, TypeError, ValueError):
        return None


def subscript(
    x: Execution, node: cst.CSTNode, receiver: Value, index: Value, single: bool
) -> Value:
    """What `receiver[index]` is."""
    key = x.constant_of(index)
    content = heap.resolved(x, receiver)
    match content:
        case Sequence():
            if isinstance(key, int) and single:
                if content.rest is None and -len(content.items) <= key < len(content.items):
                    return content.items[key]
                if 0 <= key < len(content.items):
                    return content.items[key]
            values = heap.parts(x, content)
            if not single:
                if not values:
                    return content
                return Sequence((), join_values(values), content.kind)
            return join_values(values) if values else UNKNOWN
        case Mapped():
            if isinstance(key, (str, int)) and key in content.items:
                return content.items[key]
            values = heap.parts(x, content)
            return join_values(values) if values else UNKNOWN
        case Choice():
            return join_values([subscript(x, node, o, index, single) for o in content.options])
        case Parameters():
            if not single:
                return content
            step = f"[{key}]" if isinstance(key, (int, str)) else "[*]"
            return Object(x.element_of_parameters(content.owners[0], f".{content.which}{step}"))
        case Object():
            if isinstance(content.cls, Class):
                method = names.find_in_class(x, content.cls, "__getitem__")
                if isinstance(method, Function):
                    bound = names.read_attribute(x, content, "__getitem__", node)
                    return call_value(x, bound, [Argument(index)], node)
            stored = x.store.get(("item", content.identity, key)) if _is_key(key) else None
            if stored is not None:
                found: Value = stored
                return found
            step = f"[{key!r}]" if _is_key(key) else "[*]"
            return Object(x.child(content.identity, step))
        case Data():
            if content.kind in (Kind.HOST, Kind.NDARRAY):
                return Data(content.kind, content.paths, content.dtype)
            if content.kind is Kind.UNKNOWN:
                return Data(Kind.UNKNOWN, content.paths, content.dtype, made=content.made)
            if content.made is not None and id(content.made.station.place.node) in x.layer_calls:
                x.layer_calls.add(id(node))  # a part of a tuple may be a tuple
            return x.operate(node, x.groups((content,)), Kind.TENSOR, content.dtype)
        case _:
            return x.opaque(node, x.groups((content,)))


def _is_key(key: Any) -> bool:
    return isinstance(key, (str, int))
