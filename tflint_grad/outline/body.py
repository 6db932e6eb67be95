"""What the syntax of one function tells of its names, whatever they stand for."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.outline.bindings import imported
from tflint_grad.outline.walk import statements, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

#: Annotations of parameters that are no tensors.
PLAIN = ("int", "bool", "str", "Optional[int]", "Optional[str]", "Optional[bool]")
#: Methods that put their arguments into what they are called on.
ADDING = frozenset(["add", "append", "extend", "insert", "setdefault", "update"])
#: What tells of a function's names before any value is known.
_TELLING = frozenset((
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AsyncFunctionDef, ast.AugAssign, ast.Call, ast.For,
    ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Lambda, ast.MatchAs, ast.MatchStar,
    ast.NamedExpr, ast.comprehension, ast.withitem,
))  # fmt: skip


class Body:
    """All nodes of a function, and what its names are bound by.

    `binding`: nodes, in the order in which Python comes to them. `imports`: names with what they
    stand for. `inner`: the parameters of nested functions, which whatever they are handed to gives.
    `told_apart`: names that `isinstance` is asked about. `qualified` and `floats`: places for the
    full names of its expressions, by id, and for the names that are types of floats.
    """

    def __init__(self, function: FunctionNode) -> None:
        self.nodes = walk(function.body)
        self.binding: list[ast.AST] = []
        self.imports: dict[str, str] = {}
        self.inner: set[str] = set()
        self.told_apart: set[str] = set()
        self.qualified: dict[int, str | None] = {}
        self.floats: dict[str, bool] = {}
        for node in self.nodes:
            if node.__class__ not in _TELLING:
                continue
            if isinstance(node, ast.Call):
                self._look_at_call(node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self.imports.update(imported(node))
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                self.inner.update(parameter_names(node.args))
                if not isinstance(node, ast.Lambda):
                    self.binding.append(node)
            else:
                self.binding.append(node)
        self.binding.sort(key=_when_bound)

    @cached_property
    def assigned(self) -> dict[str, list[ast.expr]]:
        """What plain assignments give each name."""
        found: dict[str, list[ast.expr]] = {}
        for node in self.binding:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(node.value)
        return found

    def _look_at_call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute):
            if called.attr in ADDING:
                self.binding.append(node)
        elif isinstance(called, ast.Name) and called.id == "isinstance":
            self.told_apart.update(one.id for one in node.args[:1] if isinstance(one, ast.Name))


def _when_bound(node: ast.AST) -> tuple[int, int]:
    """The end of what a name is bound to: what binds others within that comes before."""
    if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        node = node.iter
    elif isinstance(node, ast.withitem):
        node = node.context_expr
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def returned(function: FunctionNode) -> Iterator[ast.expr]:
    """What a function returns; of a generator, what it yields is not told."""
    for part in statements(function.body, into_definitions=False):
        if isinstance(part, ast.Return) and part.value is not None:
            yield part.value


def receiver_name(method: FunctionNode) -> str | None:
    """What a method calls its object; None for a static method."""
    if any(getattr(one, "id", "") == "staticmethod" for one in method.decorator_list):
        return None
    positional = [*method.args.posonlyargs, *method.args.args]
    return positional[0].arg if positional else None


def parameter_names(arguments: ast.arguments) -> list[str]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    found += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return [one.arg for one in found]
