"""What pytest hands to a test: the value of the fixture that a parameter names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import names
from tflint_grad.flow.calls import call_function
from tflint_grad.flow.iteration import rounds
from tflint_grad.flow.modules import LoadedModule, global_scope, load
from tflint_grad.flow.syntax import is_generator
from tflint_grad.flow.values import Argument, Function, Generator, Value, Wrapping
from tflint_grad.outline import DefItem

if TYPE_CHECKING:
    import ast

    from tflint_grad.flow.execution import Execution

#: Fixtures that ask for fixtures, and folders above a test that may hold a `conftest.py`.
_MAX_DEPTH = 4
_MAX_FOLDERS = 6


def fixture_value(x: Execution, function: Function, name: str, depth: int = 0) -> Value | None:
    """What a test, or a fixture, gets for a parameter; None where nothing is known."""
    is_test = function.name.startswith("test") or depth
    if x.project is None or not is_test or depth == _MAX_DEPTH:
        return None
    module = x.module_of_scope.get(global_scope(x, function.scope))
    if module is None or not os.path.basename(module.path).startswith(("test", "conftest")):
        return None
    for place in _places(x, module):
        if any(_is_fixture(item) for item in place.outline.binders.get(name, ())):
            found = names.read_in_scope(x, place.scope, name)
            if isinstance(found, Function):
                return _made(x, found, depth)
    return None


def _places(x: Execution, module: LoadedModule) -> Iterator[LoadedModule]:
    """The test's own file, then `conftest.py` in its folder and in those above."""
    yield module
    assert x.project is not None
    folder = os.path.dirname(module.path)
    for _ in range(_MAX_FOLDERS):
        path = os.path.join(folder, "conftest.py")
        if path != module.path and x.project.kind(path) == "file":
            found = load(x, path)
            if found is not None:
                yield found
        above = os.path.dirname(folder)
        if above == folder or x.project.kind(os.path.join(folder, ".git")) is not None:
            return
        folder = above


def _is_fixture(item: object) -> bool:
    return isinstance(item, DefItem) and any(map(_says_fixture, item.node.decorator_list))


def _says_fixture(decorator: ast.expr) -> bool:
    function = getattr(decorator, "func", decorator)
    return getattr(function, "attr", getattr(function, "id", "")) == "fixture"


def _made(x: Execution, fixture: Function, depth: int) -> Value | None:
    """What a fixture returns, or yields first; its own parameters are fixtures too."""
    plain = replace(fixture, wrapping=Wrapping())
    given = []
    for param in (*plain.node.params.posonly_params, *plain.node.params.params):
        name = param.name.value
        value = fixture_value(x, plain, name, depth + 1)
        given.append(Argument(x.unknown_object(name) if value is None else value, name))
    result = call_function(x, plain, given, plain.node)
    if isinstance(result, Generator) or is_generator(plain.node):
        yielded = rounds(x, result, plain.node).values
        return yielded[0] if yielded else None
    return result
