"""What lets no gradient through and is named without being called: `rnd = tf.round`, `act=hard`."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from tflint_grad.knowledge.host import LIBRARIES
from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.knowledge.operations import Gradient, fact
from tflint_grad.outline.attributes import Candidates, View
from tflint_grad.outline.body import returned
from tflint_grad.outline.casts import makes_float
from tflint_grad.outline.walk import walk

if TYPE_CHECKING:
    from tflint_grad.outline.body import FunctionNode
    from tflint_grad.outline.surroundings import Surroundings

_KINDS = ("op", "cast", "stop")
_TO_HOST = ("numpy", "item", "tolist")
_CONVERTING = ("bool", "float", "int", "round")
_CUTTING = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.FloorDiv)
_DEFINING = (ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda)
_COMPARING = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)
#: Functions of the project that are looked into for one; beyond, they are taken to cut.
_MAX_FUNCTIONS = 30


class HandedOn:
    """What may be, or was made with, something that cuts: `Dense(4, activation=tf.round)`."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._holders = Candidates(around.given, partial(_holds, around=around))

    def has_attribute(self, name: str) -> bool:
        return self._holders.has_attribute(name)

    def has_name(self, name: str) -> bool:
        """Whether a name of the module may be it."""
        return self._holders.has_name(name)

    def holds(self, value: ast.expr) -> bool:
        return _holds(value, View(self._holders), self._around)


def _holds(value: ast.expr, seen: View, around: Surroundings) -> bool:
    parts = walk([value])
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    return any(
        _makes_cutting(part, around, part is value)
        if isinstance(part, ast.Call)
        else id(part) not in called and _may_cut(part, seen, around)
        for part in parts
        if isinstance(part, (ast.Attribute, ast.Call, ast.Lambda, ast.Name))
    )


def _makes_cutting(call: ast.Call, around: Surroundings, is_whole: bool) -> bool:
    """Whether a call may give a function that cuts: `getattr(tf, name)`, one of the project's.

    For what is an argument of something else no other file is read.
    """
    function = call.func
    if isinstance(function, ast.Name) and function.id == "getattr":
        return any(is_tensorflow(around.qualified(one)) for one in call.args[:1])
    if isinstance(function, ast.Name) and function.id in around.functions:
        found = (around.functions[function.id], around)
    elif is_whole and (known := around.function(around.qualified(function))) is not None:
        found = known
    else:
        return False
    node, place = found
    names = {one.id for one in returned(node) if isinstance(one, ast.Name)}
    inner = any(isinstance(one, _DEFINING) for one in walk(node.body))
    return (inner and _function_cuts(node, place, set())) or any(
        _function_cuts(place.functions[name], place, set())
        for name in names & place.functions.keys()
    )


def _may_cut(node: ast.Attribute | ast.Lambda | ast.Name, seen: View, around: Surroundings) -> bool:
    """Whether what an expression names may let no gradient through when it is called."""
    match node:
        case ast.Lambda(body=body):
            return _cuts([body], node, around, set())
        case ast.Name(id=name) if name in around.functions:
            return _function_cuts(around.functions[name], around, set())
        case ast.Name(id=name) if seen.has_name(name):
            return True
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return name in around.method_names and _method_cuts(name, around)
    qualified = around.qualified(node)
    if qualified is None or is_tensorflow(qualified):
        return qualified is not None and loses(qualified)
    found = around.function(qualified)
    if found is not None:
        return _function_cuts(*found, set())
    return around.may_import_cutting(qualified)


def _method_cuts(name: str, around: Surroundings) -> bool:
    return any(
        _function_cuts(method, place, set())
        for cls in around.classes.values()
        for method, _, place in around.methods(cls, name)
    )


def _function_cuts(node: FunctionNode, around: Surroundings, seen: set[int]) -> bool:
    return _cuts(node.body, node, around, seen)


def _cuts(
    body: list[ast.stmt] | list[ast.expr],
    function: FunctionNode | ast.Lambda,
    around: Surroundings,
    seen: set[int],
) -> bool:
    if id(function) in seen:
        return False
    seen.add(id(function))
    return len(seen) > _MAX_FUNCTIONS or any(
        _step_cuts(node, function, around, seen) for node in walk(body)
    )


def _step_cuts(
    node: ast.AST, function: FunctionNode | ast.Lambda, around: Surroundings, seen: set[int]
) -> bool:
    """Whether one step of a function lets no gradient through, whatever it is given."""
    match node:
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            return isinstance(operator, _CUTTING)
        case ast.Compare(ops=operators):
            return any(isinstance(one, _COMPARING) for one in operators)
        case ast.Call(func=ast.Name(id=name)) if name in around.functions:
            return _function_cuts(around.functions[name], around, seen)
        case ast.Call(func=ast.Name(id=name)) if name in _CONVERTING:
            return True
        case ast.Call(func=called):
            qualified = around.qualified(called)
            if qualified is None:
                return isinstance(called, ast.Attribute) and called.attr in _TO_HOST
            if not is_tensorflow(qualified):
                found = around.function(qualified)
                of_host = qualified.partition(".")[0] in LIBRARIES
                return of_host if found is None else _function_cuts(*found, seen)
            known = fact(qualified)
            if known is not None and known.kind == "cast" and isinstance(function, ast.FunctionDef):
                return not makes_float(node, around.body_of(function), around)
            return loses(qualified)
    return False


def loses(qualified: str) -> bool:
    """Whether an operation of TensorFlow lets no gradient through, or may not."""
    known = fact(qualified)
    if known is None or known.kind not in _KINDS:
        return False
    gradients = (known.gradient, *(known.outputs or ()))
    return known.kind == "cast" or any(one is not Gradient.FLOWS for one in gradients)
