"""Whether the output of a layer or model surely depends on its own weights, or is no tensor at all.

What `call` returns is told only if none of its own weights gets a gradient through it. Where one
surely does, or where there is none, operations that cut need not be executed to know that nothing
will be told.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from tflint_grad.knowledge.keras_api import layer_class, member
from tflint_grad.knowledge.operations import LISTS, Gradient, fact
from tflint_grad.outline.bindings import assigned_attributes, root_name
from tflint_grad.outline.causes import OF_SHAPE
from tflint_grad.outline.surroundings import is_tensorflow
from tflint_grad.outline.values import receiver_name
from tflint_grad.outline.walk import statements, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tflint_grad.outline.surroundings import FunctionNode, Surroundings
    from tflint_grad.outline.units import ClassItem

#: Computed from a weight of the object by operations that let its gradient through.
_LIVE = "live"
#: A tuple, list or dictionary: no tensor that somebody asks the gradient of.
_CONTAINER = "container"
#: What a name stands for, if that is one of these for sure.
_Names = dict[str, str]

_BUILTINS = frozenset(dir(builtins))
_MAKING = frozenset(("add_variable", "add_weight", "get_variable", "make_variable", "Variable"))
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)


def needs_no_execution(node: FunctionNode, owner: ClassItem, around: Surroundings) -> bool:
    """Whether all that `call` may return is surely live, or no tensor, or of an object without weights."""
    if not _may_own_weights(owner, around):
        return True
    if any(isinstance(part, ast.NamedExpr) for part in walk(node.body)):
        return False
    parts = statements(node.body, into_definitions=False)
    method = _Method(node, owner, around)
    method.run(node.body, {})
    # A return in a block that is not followed, in an `except` or a `case`, is not told of.
    is_complete = len(method.returned) == sum(isinstance(part, ast.Return) for part in parts)
    return is_complete and bool(method.returned) and all(method.returned)


class _Method:
    """A method executed in order, for what its names surely stand for."""

    def __init__(self, node: FunctionNode, owner: ClassItem, around: Surroundings) -> None:
        self.around = around
        self.self_name = receiver_name(node)
        self.weighted = _weighted_attributes(owner, around)
        self.returned: list[str] = []

    # --- statements

    def run(self, body: Iterable[ast.stmt], names: _Names) -> _Names | None:
        """Execute statements; the names after them, or None where control leaves before."""
        for statement in body:
            after = self._after(statement, names)
            if after is None:
                return None
            names = after
        return names

    def _after(self, statement: ast.stmt, names: _Names) -> _Names | None:
        match statement:
            case ast.Return():
                self.returned.append(
                    "" if statement.value is None else self.of(statement.value, names)
                )
                return None
            case ast.Raise() | ast.Break() | ast.Continue():
                return None
            case ast.Assign(targets=[ast.Name(id=name)]):
                return {**names, name: self.of(statement.value, names)}
            case ast.AnnAssign(target=ast.Name(id=name)) if statement.value is not None:
                return {**names, name: self.of(statement.value, names)}
            case ast.AugAssign(target=ast.Name(id=name)):
                live = isinstance(statement.op, _ARITHMETIC) and _LIVE in (
                    names.get(name), self.of(statement.value, names)
                )  # fmt: skip
                return {**names, name: _LIVE if live else ""}
            case ast.If():
                return _met(self.run(statement.body, names), self.run(statement.orelse, names))
            case ast.With() if not _pauses(statement):
                bound = [item.optional_vars for item in statement.items if item.optional_vars]
                return self.run(statement.body, _without(names, bound))
            case ast.For() | ast.While() | ast.Try() | ast.Match() | ast.With():
                # Whatever is assigned in there, at any time, is not known any more.
                inside = _without(names, [statement])
                self.run(getattr(statement, "body", ()), inside)
                return inside
            case _:
                return _without(names, [statement])

    # --- expressions

    def of(self, node: ast.expr, names: Mapping[str, str]) -> str:
        """`_LIVE`, `_CONTAINER`, or nothing that is sure."""
        match node:
            case ast.Name(id=name):
                return names.get(name, "")
            case ast.Tuple() | ast.List() | ast.Dict():
                return _CONTAINER
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                own = name == self.self_name and self.weighted.get(attribute) == "weight"
                return _LIVE if own else ""
            case ast.BinOp() if isinstance(node.op, _ARITHMETIC):
                sides = (self.of(node.left, names), self.of(node.right, names))
                return _LIVE if _LIVE in sides else ""
            case ast.UnaryOp(op=ast.USub()):
                return _LIVE if self.of(node.operand, names) == _LIVE else ""
            case ast.Subscript():
                return _LIVE if self.of(node.value, names) == _LIVE else ""
            case ast.IfExp():
                found = self.of(node.body, names)
                return found if found == self.of(node.orelse, names) else ""
            case ast.Call():
                return self._of_call(node, names)
            case _:
                return ""

    def _of_call(self, node: ast.Call, names: Mapping[str, str]) -> str:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == self.self_name:
                return _LIVE if self.weighted.get(attribute) == "layer" else ""
            case ast.Name(id=name) if name in names:
                return ""
        qualified = self.around.qualified(node.func)
        if qualified is None or not is_tensorflow(qualified):
            return ""
        known = fact(qualified)
        if (
            known is None
            or known.gradient is not Gradient.FLOWS
            or known.outputs is not None
            or known.kind != "op"
            or qualified.rpartition(".")[2] in LISTS | OF_SHAPE
        ):
            return ""
        given: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        given += [(word.arg or "", word.value) for word in node.keywords]
        for parameter, value in given:
            parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            if known.carries(parameter) and any(self.of(one, names) == _LIVE for one in parts):
                return _LIVE
        return ""


def _pauses(block: ast.With) -> bool:
    """`with tape.stop_recording():`."""
    parts = walk([item.context_expr for item in block.items])
    return any(isinstance(part, ast.Attribute) and part.attr == "stop_recording" for part in parts)


def _met(one: _Names | None, other: _Names | None) -> _Names | None:
    """What is sure after both of two branches; one that is left takes no part."""
    if one is None or other is None:
        return other if one is None else one
    return {name: one[name] for name in one if one[name] == other.get(name)}


def _without(names: _Names, parts: Iterable[ast.AST]) -> _Names:
    """The names but for those that are bound anywhere in some nodes."""
    bound = set[str]()
    for node in walk(parts):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif name := getattr(node, "name", None):  # of a definition, a pattern, an exception
            bound.add(name)
    return {name: what for name, what in names.items() if name not in bound}


def _weighted_attributes(owner: ClassItem, around: Surroundings) -> dict[str, str]:
    """The attributes that hold a weight of the object, or a layer with weights, and nothing else."""
    found: dict[str, set[str]] = {}
    for cls, place in around.ancestry(owner):
        for statement in statements(cls.node.body):
            for target in assigned_attributes(statement):
                made = ""
                if isinstance(statement, ast.Assign) and target in statement.targets:
                    made = _made(statement.value, place)
                found.setdefault(target.attr, set()).add(made)
    if "trainable" in found:
        return {}  # what is frozen is not asked for
    return {name: made.pop() for name, made in found.items() if len(made) == 1}


def _may_own_weights(owner: ClassItem, around: Surroundings) -> bool:
    """Whether a method of a class may make a weight, or make or call anything that has some."""
    return any(
        isinstance(node, ast.Call) and _may_have_weights(node.func, owner, place)
        for cls, place in around.ancestry(owner)
        for node in walk(cls.node.body)
    )


def _may_have_weights(function: ast.expr, owner: ClassItem, around: Surroundings) -> bool:
    """Whether what is called may make a weight, or be a layer."""
    qualified = around.qualified(function)
    if qualified is not None:
        if not is_tensorflow(qualified):
            return around.function(qualified) is None
        leaf = qualified.rpartition(".")[2]
        return leaf in _MAKING or (leaf[:1].isupper() and fact(qualified) is None)
    match function:
        case ast.Name(id=name):
            return name not in around.functions and name not in _BUILTINS
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            is_method = member("model", name) is not None or any(around.methods(owner, name))
            return name in _MAKING or not is_method
        case ast.Attribute(value=receiver, attr=name):
            # `layers.Dense(4)` after `layers = tf.keras.layers`, `self.net.encode(x)`.
            return name in _MAKING or name[:1].isupper() or root_name(receiver) == "self"
    return True


def _made(value: ast.expr, around: Surroundings) -> str:
    """`weight` for `self.add_weight(…)`, `layer` for `tf.keras.layers.Dense(…)`."""
    if not isinstance(value, ast.Call) or any(k.arg == "trainable" for k in value.keywords):
        return ""
    match value.func:
        case ast.Attribute(value=ast.Name(id="self"), attr="add_weight"):
            return "weight"
    qualified = around.qualified(value.func)
    known = layer_class(qualified) if qualified is not None and is_tensorflow(qualified) else None
    if known is None or known.kind != "layer" or not known.weights:
        return ""
    return "layer" if known.gradient is Gradient.FLOWS else ""
