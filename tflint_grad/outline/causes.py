"""Whether a hook of Keras can go wrong at all, from its `ast`: most cannot, and are not executed.

A finding in a hook needs an operation that cuts what somebody asks for, or Python looking into a
symbolic tensor. Whoever lets the interpreter ask for more has to say so here.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.outline.surroundings import is_tensorflow
from tflint_grad.outline.values import ARRAY, DATA, HOLDS, MADE, SYMBOLIC, TENSOR, WANTED, Values

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What depends on a shape only is no path.
_OF_SHAPE = frozenset(
    ["empty_like", "ndim", "ones_like", "rank", "shape", "shape_n", "size", "zeros_like"]
)
#: What a layer returns may be a tuple, and is never told to be iterated.
_ITERATING = frozenset(["all", "any", "enumerate", "filter", "map", "zip"])
_LOOKING = frozenset(["max", "min", "range", "sorted", "sum"])
_CONVERTING = frozenset(["bool", "complex", "float", "int", "round"])
_KERAS_HOST = frozenset(
    ["evaluate", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"]
)
_FLOATS = ("float", "half", "double", "complex")
_POSSIBLE_CAUSES = frozenset((
    ast.Assert, ast.Assign, ast.AsyncFor, ast.AugAssign, ast.BinOp, ast.BoolOp, ast.Call,
    ast.Compare, ast.For, ast.If, ast.IfExp, ast.Match, ast.UnaryOp, ast.While, ast.comprehension,
))  # fmt: skip


#: What AutoGraph rewrites, unless it also does something else: it may look at tensors.
_CONVERTED = frozenset((ast.BoolOp, ast.If, ast.IfExp, ast.While))


def may_go_wrong(values: Values, converted: bool = False) -> bool:
    """Whether anything in a function can break a path or the tracing of a graph.

    Args:
        converted: AutoGraph rewrites the function.
    """
    possible = _POSSIBLE_CAUSES - _CONVERTED if converted else _POSSIBLE_CAUSES
    return any(
        _causes(values, node, converted) for node in values.nodes if node.__class__ in possible
    )


def _causes(values: Values, node: ast.AST, converted: bool) -> bool:
    if isinstance(node, ast.Call):
        return _call(values, node)
    if isinstance(node, (ast.If, ast.While, ast.IfExp, ast.Assert)):
        return _decides(values, node.test)
    if isinstance(node, ast.BoolOp):
        return any(_decides(values, part) for part in node.values[:-1])
    if isinstance(node, (ast.For, ast.AsyncFor)):
        looks = bool(values.of(node.iter) & SYMBOLIC) and not converted
        return looks or _unpacks(values, node.target, node.iter)
    if isinstance(node, ast.comprehension):
        return bool(values.of(node.iter) & SYMBOLIC) or any(
            _decides(values, test) for test in node.ifs
        )
    if isinstance(node, ast.Compare):
        return _compares(values, node, converted)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, _CUTTING_OPERATORS) and bool(
            values.any_of([node.left, node.right]) & WANTED
        )
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            return not converted and _decides(values, node.operand)
        return isinstance(node.op, ast.Invert) and bool(values.of(node.operand) & WANTED)
    if isinstance(node, ast.Assign):
        return any(_unpacks(values, target, node.value) for target in node.targets) or any(
            isinstance(target, ast.Subscript) and _fills_array(values, target, node.value)
            for target in node.targets
        )
    if isinstance(node, ast.AugAssign):
        # `buffer[i] += tensor`, `x //= 2.0`
        flags = values.of(node.target) | values.of(node.value)
        return bool(flags & WANTED) and (
            isinstance(node.op, _CUTTING_OPERATORS)
            or (
                isinstance(node.target, ast.Subscript)
                and _fills_array(values, node.target, node.value)
            )
        )
    return isinstance(node, ast.Match)


_CUTTING_OPERATORS = (ast.FloorDiv, ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)


def _decides(values: Values, test: ast.expr) -> bool:
    """Whether Python may decide by a symbolic tensor."""
    if isinstance(test, ast.BoolOp):
        return any(_decides(values, part) for part in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _decides(values, test.operand)
    if isinstance(test, ast.Compare):
        return bool(values.of_comparison(test) & SYMBOLIC) or _compares(values, test)
    return bool(values.of(test) & (SYMBOLIC | MADE))


def _compares(values: Values, node: ast.Compare, converted: bool = False) -> bool:
    if values.of_comparison(node) & WANTED:
        return True
    sides = [node.left, *node.comparators]
    for index, operator in enumerate(node.ops):
        left, right = sides[index], sides[index + 1]
        if isinstance(operator, (ast.Is, ast.IsNot)):
            told = isinstance(right, ast.Constant) and isinstance(right.value, bool)
            if told and values.of(left) & (SYMBOLIC | MADE):
                return True
        elif isinstance(operator, (ast.In, ast.NotIn)):
            words = isinstance(left, ast.Constant) and isinstance(left.value, str)
            if not words and values.of(left) & (SYMBOLIC | MADE):
                return True
            if not words and values.of(right) & (SYMBOLIC | MADE):
                return True
    chained = len(node.ops) > 1 and not converted
    return chained and bool(values.of_comparison(node) & SYMBOLIC)


def _unpacks(values: Values, target: ast.expr, value: ast.expr) -> bool:
    """`a, b = tensor`. What a layer returns, or is at times given, may be a tuple."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        return False
    if values.of(value) & (SYMBOLIC | HOLDS) != SYMBOLIC:
        return False
    qualified = values.qualified(value.func) if isinstance(value, ast.Call) else None
    if not is_tensorflow(qualified):
        return True
    from tflint_grad.knowledge.operations import LISTS, fact

    known = fact(str(qualified))
    if known is None or str(qualified).rsplit(".", 1)[-1] in LISTS:
        return False
    return known.outputs is None and known.kind == "op"


def _fills_array(values: Values, target: ast.Subscript, value: ast.expr) -> bool:
    """`buffer[i] = tensor` copies the tensor to the host, if the buffer is an ndarray."""
    return bool(values.of(target.value) & ARRAY) and bool(values.of(value) & (DATA | WANTED))


def _call(values: Values, node: ast.Call) -> bool:
    function = node.func
    given = values.any_of([*node.args, *(keyword.value for keyword in node.keywords)])
    qualified = values.qualified(function)
    if qualified is None:
        if isinstance(function, ast.Name) and function.id not in values.names:
            if function.id in _CONVERTING:
                return bool(given & DATA)
            if function.id in _ITERATING:
                return bool(given & SYMBOLIC)
            if function.id in _LOOKING:
                looked = SYMBOLIC | MADE | (HOLDS if function.id in ("max", "min", "sum") else 0)
                return bool(given & looked)
            return False
        if isinstance(function, ast.Attribute):
            return _method(values, function, given)
        return False
    if is_tensorflow(qualified):
        return _operation(qualified, node, given)
    return bool(given & (DATA | WANTED)) and _leaves_tensorflow(qualified)


def _leaves_tensorflow(qualified: str) -> bool:
    from tflint_grad.knowledge.host import host_function

    known = host_function(qualified)
    return known is not None and not known.in_graph and known.kind != "context"


def _method(values: Values, function: ast.Attribute, given: int) -> bool:
    if function.attr in _KERAS_HOST:
        return bool(given & (DATA | WANTED))
    receiver = values.of(function.value)
    if function.attr in ("numpy", "item", "tolist"):
        return bool(receiver & (DATA | WANTED))
    if not (receiver | given) & WANTED or function.attr in _OF_SHAPE:
        return False
    from tflint_grad.knowledge.operations import Gradient, tensor_method

    known = tensor_method(function.attr)
    return (
        bool(receiver & TENSOR)
        and known is not None
        and (known.gradient is not Gradient.FLOWS or known.kind == "cast")
        and known.kind != "static"
    )


def _operation(qualified: str, node: ast.Call, given: int) -> bool:
    from tflint_grad.knowledge.operations import Gradient, fact, rewraps

    leaf = qualified.rsplit(".", 1)[-1]
    known = fact(qualified)
    if leaf in ("Variable", "py_function", "numpy_function") or ".data." in qualified:
        return True
    if any(keyword.arg == "back_prop" for keyword in node.keywords):
        return True
    if known is None or leaf in _OF_SHAPE:
        return False
    if known.kind == "host":
        return bool(given)
    if not given & WANTED:
        return False
    if known.kind == "cast":
        return not any(map(_is_float, _arguments(node)))
    if known.kind in ("static", "context", "structure"):
        return False
    if known.outputs is not None and any(one is not Gradient.FLOWS for one in known.outputs):
        return True
    if known.kind == "creation":
        return bool(rewraps(qualified))
    return known.gradient is not Gradient.FLOWS or bool(rewraps(qualified))


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args[1:]
    yield from (keyword.value for keyword in node.keywords)


def _is_float(node: ast.expr) -> bool:
    """Whether a type given to a cast is a float for sure, or the type of other data."""
    if isinstance(node, ast.Call):
        node = node.func  # tf.keras.backend.floatx()
    if isinstance(node, ast.Attribute):
        word = node.attr
    elif isinstance(node, ast.Name):
        word = node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        word = node.value
    else:
        return False
    return (
        word.startswith(_FLOATS) or word.endswith(("dtype", "floatx")) or word.startswith("bfloat")
    )
