"""What pytest gives a test: the values it is parametrized with, and what the file's fixtures make."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tflint_grad.verify.inputs.specification import Expression
from tflint_grad.verify.inputs.usage import decorator_name, parameter_names
from tflint_grad.verify.syntax import Definition, Program

#: Fixtures that take fixtures.
_DEEPEST = 4


def given_by_pytest(program: Program, definition: Definition, name: str) -> Iterator[Expression]:
    """The values of one parameter; none where it is no test's."""
    if isinstance(definition.node, ast.ClassDef):
        return
    for decorator in definition.node.decorator_list:
        if isinstance(decorator, ast.Call) and decorator_name(decorator) == "parametrize":
            yield from _parameters(decorator, name)
    if definition.name.startswith("test"):
        text = _made(program, name, 0)
        if text:
            yield Expression(text)


def _parameters(decorator: ast.Call, name: str) -> Iterator[Expression]:
    if len(decorator.args) < 2 or not isinstance(decorator.args[1], ast.List | ast.Tuple):
        return
    try:
        named = ast.literal_eval(decorator.args[0])
    except ValueError:
        return
    names = [one.strip() for one in named.split(",")] if isinstance(named, str) else list(named)
    if name not in names:
        return
    for case in decorator.args[1].elts:
        values: list[ast.expr] = [case]
        if isinstance(case, ast.Call) and decorator_name(case) == "param":
            values = case.args
        elif len(names) > 1:
            values = case.elts if isinstance(case, ast.List | ast.Tuple) else []
        if len(values) == len(names):
            yield Expression(ast.unparse(values[names.index(name)]))


def _made(program: Program, name: str, depth: int) -> str:
    """The call that makes what a fixture of the file gives; empty where there is no such fixture."""
    fixture = program.by_name.get(name)
    if fixture is None or isinstance(fixture.node, ast.ClassDef) or depth > _DEEPEST:
        return ""
    if not any(decorator_name(one) == "fixture" for one in fixture.node.decorator_list):
        return ""
    arguments = [_made(program, one, depth + 1) for one in parameter_names(fixture)]
    if not all(arguments):
        return ""
    # pytest keeps the function from being called by its own name.
    call = f"{name}.__wrapped__({', '.join(arguments)})"
    yields = any(isinstance(node, ast.Yield) for node in ast.walk(fixture.node))
    return f"next({call})" if yields else call
