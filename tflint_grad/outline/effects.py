"""What a method does beside giving a result: whether it changes anything but its own object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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
            case ast.Expr(value=ast.Call() as call) if not _own_method(call, own):
                outside |= not others.isdisjoint(_touched(call))
            case ast.Call():
                calls.add(_own_method(part, own))
            case ast.Global() | ast.Nonlocal() | ast.Yield() | ast.YieldFrom() | ast.Await():
                outside = True
        if isinstance(part, ast.Attribute):
            computed |= part.attr in _BY_COMPUTED_NAMES
        elif isinstance(part, ast.Name):
            computed |= part.id in _BY_COMPUTED_NAMES
    return Effects(outside, frozenset(calls - {""}), None if computed else frozenset(assigns))


def _names_of_others(parts: list[ast.AST], own: str, given: set[str]) -> set[str]:
    """What is given goes by these names: the parameters, `held` after `self.held = given`."""
    found = set(given)
    for part in parts:
        if isinstance(part, ast.Assign) and _path(part.value) in found:
            found.update(_path(target) for target in part.targets)
    return found - {"", own}


def _own_method(call: ast.Call, own: str) -> str:
    """`name` of `self.name(…)`, `super().name(…)` and `Base.__init__(…)`, which are looked at too."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=root), attr=name) if root == own:
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
            return name
        case ast.Attribute(attr="__init__"):
            return "__init__"
    return ""


def _touched(call: ast.Call) -> Iterator[str]:
    """What a call may change whose result nobody takes: its receiver, and its arguments."""
    if isinstance(call.func, ast.Attribute):
        yield _path(call.func.value)
        yield root_name(call.func.value) or ""
    for part in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield _path(part)


def _path(node: ast.expr) -> str:
    """`given`, or `self.held`; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
