"""What a method does beside giving a result: whether it changes anything but its own object."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tflint_grad.outline.bindings import root_name
from tflint_grad.outline.walk import walk

#: Who uses these may assign an attribute whose name is not written down.
_BY_COMPUTED_NAMES = frozenset(("setattr", "__setattr__", "__dict__", "vars", "locals"))


@dataclass(frozen=True, slots=True)
class Effects:
    """`outside`: it may change what others hold. `calls`: methods that it calls on its object.

    `assigns`: the attributes of its object that it assigns; None where their names are computed.
    """

    outside: bool
    calls: frozenset[str]
    assigns: frozenset[str] | None


def effects_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Effects:
    """By a look at the syntax: what other functions do with their arguments is not followed."""
    arguments = node.args
    given = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    own = given[0] if given else ""
    parts = walk(node.body)
    others = _names_of_others(parts, own, {*given} - {own})
    outside = computed = False
    calls, assigns = set[str](), set[str]()
    for part in parts:
        match part:
            case ast.Attribute(value=ast.Name(id=root), ctx=ast.Store()) if root == own:
                assigns.add(part.attr)
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                outside = True
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                outside |= _path(part.value) in others
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver))):
                outside |= _path(receiver) in others or root_name(receiver) in others
            case ast.Call(func=ast.Attribute(value=ast.Name(id=root))) if root == own:
                calls.add(part.func.attr)  # type: ignore[attr-defined]
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))):
                calls.add(part.func.attr)  # type: ignore[attr-defined]
            case ast.Global() | ast.Nonlocal() | ast.Yield() | ast.YieldFrom() | ast.Await():
                outside = True
        if isinstance(part, ast.Attribute):
            computed |= part.attr in _BY_COMPUTED_NAMES
        elif isinstance(part, ast.Name):
            computed |= part.id in _BY_COMPUTED_NAMES
    return Effects(outside, frozenset(calls), None if computed else frozenset(assigns))


def _names_of_others(parts: list[ast.AST], own: str, given: set[str]) -> set[str]:
    """What is given goes by these names: the parameters, `held` after `self.held = given`."""
    found = set(given)
    for part in parts:
        if isinstance(part, ast.Assign) and _path(part.value) in found:
            found.update(_path(target) for target in part.targets)
    return found - {"", own}


def _path(node: ast.expr) -> str:
    """`given`, or `self.held`; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
