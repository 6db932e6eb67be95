"""The arguments of real calls in the module, as far as they can be evaluated anywhere in it."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Mapping
from typing import Any

from tflint_grad.verify.inputs.specification import Expression, Specification
from tflint_grad.verify.inputs.usage import dotted, parameter_names
from tflint_grad.verify.syntax import Definition, Program


class CallSites:
    """The calls of one program. `namespace` is the executed module's."""

    def __init__(self, program: Program, namespace: Mapping[str, Any]) -> None:
        self._program = program
        self._namespace = namespace

    def values(self, definition: Definition, name: str) -> list[Specification]:
        """The values of real calls in the module, where names of the module suffice for them."""
        found: list[Specification] = []
        parameters = parameter_names(definition)
        target = definition
        if definition.name == "__init__" and definition.parent is not None:
            target = definition.parent
        method = definition.parent is not None and definition.parent.is_class
        if method:
            parameters = parameters[1:]
        if name not in parameters:
            return found
        position = parameters.index(name)
        for node in ast.walk(self._program.tree):
            if (
                not isinstance(node, ast.Call)
                or dotted(node.func).rpartition(".")[2] != target.name
            ):
                continue
            given: ast.expr | None = next(
                (one.value for one in node.keywords if one.arg == name), None
            )
            if given is None and position < len(node.args):
                head = node.args[: position + 1]
                if not any(isinstance(one, ast.Starred) for one in head):
                    given = head[-1]
            if given is None:
                continue
            resolved = self._closed(given, node, 0)
            if resolved is not None:
                one = Expression(ast.unparse(resolved))
                if one not in found:
                    found.append(one)
        return found

    def _closed(self, expression: ast.expr, near: ast.AST, depth: int) -> ast.expr | None:
        """The expression, free of local names: they are replaced by what they were assigned."""
        if depth > 4:
            return None
        around = self._program.enclosing(getattr(near, "lineno", 0))
        failed = False
        reader = self

        class Replace(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.AST:
                nonlocal failed
                local = reader._assigned(node.id, around)
                if local is None:
                    unknown = node.id not in reader._namespace and not hasattr(builtins, node.id)
                    # A parameter of the caller, a loop variable: unknown here.
                    if unknown or reader._is_bound(node.id, around):
                        failed = True
                    return node
                closed = reader._closed(local, local, depth + 1)
                if closed is None:
                    failed = True
                    return node
                return closed

        result = Replace().visit(copy.deepcopy(expression))
        return None if failed else result

    def _assigned(self, name: str, around: Definition | None) -> ast.expr | None:
        """The one expression that a name is assigned in a function, or in a guard of the module."""
        if around is None and name in self._namespace:
            return None
        body = around.node if around is not None and not around.is_class else self._program.tree
        values = [
            node.value
            for node in ast.walk(body)
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
        ]
        return values[0] if values else None

    def _is_bound(self, name: str, around: Definition | None) -> bool:
        if around is None or around.is_class:
            return False
        if name in parameter_names(around):
            return True
        return any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            for node in ast.walk(around.node)
        )
