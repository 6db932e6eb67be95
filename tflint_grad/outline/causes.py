"""Whether a hook of Keras can go wrong at all, from its `ast`: most cannot, and are not executed.

A finding in a hook needs an operation that cuts what somebody asks for, or Python looking into a
symbolic tensor. Whoever lets the interpreter ask for more has to say so here.
"""

from __future__ import annotations

import ast
import enum

from tflint_grad.knowledge.host import RAISE_IN_GRAPH, host_function
from tflint_grad.knowledge.names import canonical, is_tensorflow
from tflint_grad.knowledge.operations import LISTS, Gradient, fact, rewraps, tensor_method
from tflint_grad.outline.casts import makes_float
from tflint_grad.outline.values import (
    ARRAY,
    CUTTING,
    DATA,
    HOLDS,
    MADE,
    SYMBOLIC,
    TENSOR,
    WANTED,
    Values,
)

#: What depends on a shape only is no path.
OF_SHAPE = frozenset(
    ["empty_like", "ndim", "ones_like", "rank", "shape", "shape_n", "size", "zeros_like"]
)
#: What a layer returns may be a tuple, and is never told to be iterated.
_ITERATING = frozenset(["all", "any", "enumerate", "filter", "map", "zip"])
_LOOKING = frozenset(["max", "min", "range", "sorted", "sum"])
_CONVERTING = frozenset(["bool", "complex", "float", "int", "round"])
_KERAS_HOST = frozenset(
    ["evaluate", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"]
)
#: Kinds of operations that run what they are given.
_RUNNING = ("higher-order", "structure")
_POSSIBLE_CAUSES = frozenset((
    ast.Assert, ast.Assign, ast.AsyncFor, ast.AugAssign, ast.BinOp, ast.BoolOp, ast.Call,
    ast.Compare, ast.For, ast.If, ast.IfExp, ast.Match, ast.UnaryOp, ast.While, ast.comprehension,
))  # fmt: skip


#: What AutoGraph rewrites, unless it also does something else: it may look at tensors.
_CONVERTED = frozenset((ast.BoolOp, ast.If, ast.IfExp, ast.While))


class Harm(enum.IntEnum):
    """What may become of a gradient. CUT: one way of it ends, and others may stay."""

    NONE = 0
    CUT = 1
    FAILURE = 2  # of the backward pass, or of tracing


def worst(values: Values, converted: bool = False) -> Harm:
    """The worst that anything in a function can do to a path or to the tracing of a graph.

    Args:
        converted: AutoGraph rewrites the function.
    """
    possible = _POSSIBLE_CAUSES - _CONVERTED if converted else _POSSIBLE_CAUSES
    found = Harm.NONE
    for node in values.nodes:
        if node.__class__ in possible:
            found = max(found, _harm(values, node, converted))
            if found is Harm.FAILURE:
                break
    return found


def _harm(values: Values, node: ast.AST, converted: bool) -> Harm:
    if isinstance(node, ast.Call):
        return _of_call(values, node)
    if _fails(values, node, converted):
        return Harm.FAILURE
    return Harm.CUT if _cuts(values, node) else Harm.NONE


def _cuts(values: Values, node: ast.AST) -> bool:
    """Whether an operator lets no gradient through."""
    if isinstance(node, ast.Compare):
        return bool(values.of_comparison(node) & WANTED)
    if isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.AugAssign):
        parts = [node.target, node.value]
    else:
        return (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.Invert)
            and bool(values.of(node.operand) & WANTED)
        )
    return isinstance(node.op, _CUTTING_OPERATORS) and bool(values.any_of(parts) & WANTED)


def _fails(values: Values, node: ast.AST, converted: bool) -> bool:
    """Whether Python looks into a symbolic tensor where AutoGraph does not do so for it."""
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
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and not converted and _decides(values, node.operand)
    if isinstance(node, ast.Assign):
        return any(_unpacks(values, target, node.value) for target in node.targets) or any(
            isinstance(target, ast.Subscript) and _fills_array(values, target, node.value)
            for target in node.targets
        )
    if isinstance(node, ast.AugAssign):  # `buffer[i] += tensor`
        return isinstance(node.target, ast.Subscript) and _fills_array(
            values, node.target, node.value
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
    """`a, b = tensor`. What a layer returns may be a tuple.

    Of `x, state = x` it is one, as is what `isinstance` is asked about.
    """
    if not isinstance(target, (ast.Tuple, ast.List)):
        return False
    if isinstance(value, ast.Name) and (
        value.id in values.told_apart or any(_is(part, value.id) for part in target.elts)
    ):
        return False
    if not values.of(value) & SYMBOLIC:
        return False
    qualified = values.qualified(value.func) if isinstance(value, ast.Call) else None
    if not is_tensorflow(qualified):
        return True
    known = fact(str(qualified))
    if known is None or str(qualified).rsplit(".", 1)[-1] in LISTS:
        return False
    return known.outputs is None and known.kind == "op"


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _fills_array(values: Values, target: ast.Subscript, value: ast.expr) -> bool:
    """`buffer[i] = tensor` copies the tensor to the host, if the buffer is an ndarray."""
    return bool(values.of(target.value) & ARRAY) and bool(values.of(value) & (DATA | WANTED))


def _of_call(values: Values, node: ast.Call) -> Harm:
    function = node.func
    given = values.any_of([*node.args, *(keyword.value for keyword in node.keywords)])
    qualified = values.qualified(function)
    if is_tensorflow(qualified):
        return _of_operation(str(qualified), values, node, given)
    if _may_be_cutting(values, node, qualified, given):
        return Harm.FAILURE
    if qualified is not None:
        fails = bool(given & (DATA | WANTED)) and _leaves_tensorflow(qualified)
    elif isinstance(function, ast.Attribute):
        return _of_method(values, function, given)
    else:
        fails = (
            isinstance(function, ast.Name)
            and function.id not in values.names
            and _builtin_fails(function.id, given)
        )
    return Harm.FAILURE if fails else Harm.NONE


def _may_be_cutting(values: Values, node: ast.Call, qualified: str | None, given: int) -> bool:
    """Whether what is called, or is given to be called, may be an operation without a gradient.

    A function of the project is looked at itself, with what it is given.
    """
    function, around = node.func, values.around
    if qualified is not None:
        if not given & WANTED or around.function(qualified) is not None:
            return False
        return values.hands_on_cutting(node, given) or around.may_import_cutting(qualified)
    if isinstance(function, ast.Attribute):
        is_known = values.defines(function)
    else:
        name = function.id if isinstance(function, ast.Name) else ""
        is_known = name in around.functions and name not in values.names
    if is_known or not (given & CUTTING or values.is_cutting(function)):
        return False
    return bool((given | values.of(function)) & WANTED)


def _builtin_fails(name: str, given: int) -> bool:
    if name in _CONVERTING:
        return bool(given & DATA)
    if name in _ITERATING:
        return bool(given & SYMBOLIC)
    if name in _LOOKING:
        looked = SYMBOLIC | MADE | (HOLDS if name in ("max", "min", "sum") else 0)
        return bool(given & looked)
    return False


def _leaves_tensorflow(qualified: str) -> bool:
    known = host_function(qualified)
    return known is not None and not known.in_graph and known.kind != "context"


def _of_method(values: Values, function: ast.Attribute, given: int) -> Harm:
    receiver = values.of(function.value)
    if function.attr in _KERAS_HOST and not values.defines(function):
        return Harm.FAILURE if given & (DATA | WANTED) else Harm.NONE
    if function.attr in ("numpy", "item", "tolist"):
        return Harm.FAILURE if receiver & (DATA | WANTED) else Harm.NONE
    if not (receiver | given) & WANTED or function.attr in OF_SHAPE or not receiver & TENSOR:
        return Harm.NONE
    known = tensor_method(function.attr)
    if known is None or known.kind == "static":
        return Harm.NONE
    return max(_BY_GRADIENT[known.gradient], Harm.CUT if known.kind == "cast" else Harm.NONE)


def _of_operation(qualified: str, values: Values, node: ast.Call, given: int) -> Harm:
    leaf = qualified.rsplit(".", 1)[-1]
    known = fact(qualified)
    if (
        given & CUTTING
        and given & WANTED
        and (known is None or known.kind in ("higher-order", "structure"))
    ):
        return Harm.FAILURE
    if leaf in ("Variable", "py_function", "numpy_function") or ".data." in qualified:
        return Harm.FAILURE
    if any(keyword.arg == "back_prop" for keyword in node.keywords):
        return Harm.FAILURE
    if known is None or leaf in OF_SHAPE:
        return Harm.NONE
    if known.kind == "host":
        fails = given and canonical(qualified) in RAISE_IN_GRAPH
        return Harm.FAILURE if fails else Harm.CUT if given & WANTED else Harm.NONE
    if not given & WANTED or known.kind in ("static", "context", "structure"):
        return Harm.NONE
    if known.kind == "cast":
        return Harm.NONE if makes_float(node, values.body, values.around) else Harm.CUT
    rewrapped = Harm.CUT if rewraps(qualified) else Harm.NONE
    if known.kind == "creation":
        return rewrapped
    gradients = (known.gradient, *(known.outputs or ()))
    return max(rewrapped, *(_BY_GRADIENT[one] for one in gradients))


#: What comes back through an operation is nothing, or the backward pass fails there.
_BY_GRADIENT = {
    Gradient.FLOWS: Harm.NONE,
    Gradient.NONE: Harm.CUT,
    Gradient.ZERO: Harm.CUT,
    Gradient.UNREGISTERED: Harm.FAILURE,
    Gradient.FAILS: Harm.FAILURE,
}
