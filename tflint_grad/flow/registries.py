"""Registries: what `@register("dice")` puts into a table, when the table is asked for "dice"."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, heap, names
from tflint_grad.flow.modules import LoadedModule, global_scope, load
from tflint_grad.flow.values import Class, DictRef, Function, Mapped, Object, Value
from tflint_grad.outline import ClassItem, DefItem

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: Definitions of one key that are executed.
_MAX_REGISTERED = 2
_NOWHERE = cst.Pass()


def look_up(x: Execution, table: Value, key: object) -> None:
    """Execute what registers itself in a table under a key that nothing has put there yet.

    The table belongs to a module, or to an object of one; what registers is a function or class
    under a decorator of that module or object, which is given the key, or nothing: then the name is
    the key.
    """
    if not isinstance(table, DictRef) or not isinstance(key, str) or x.project is None:
        return
    asked = (table.identity, key)
    content = heap.contents(x, table)
    if asked in x.looked_up or not isinstance(content, Mapped) or key in content.items:
        return
    x.looked_up.add(asked)
    for module, holder in _holders(x, table):
        found = 0
        for path, name in _registered(x, module, holder, key):
            other = load(x, path)
            if other is not None:
                names.read_in_scope(x, other.scope, name)  # executes its definition
                found += 1
            if found == _MAX_REGISTERED:
                break


def _holders(x: Execution, table: DictRef) -> list[tuple[LoadedModule, Object | Class | None]]:
    """The modules that have a table as a name, or in an object or class that is a name there."""
    cells = x.store.items()
    owners = {
        key[1]
        for key, value in cells
        if key[0] == "attribute" and isinstance(value, DictRef) and value.identity == table.identity
    }
    found: list[tuple[LoadedModule, Object | Class | None]] = []
    for key, value in cells:
        if key[0] != "name" or key[1] not in x.module_of_scope:
            continue
        module = x.module_of_scope[key[1]]
        if isinstance(value, DictRef) and value.identity == table.identity:
            found.append((module, None))
        elif isinstance(value, (Object, Class)) and value.identity in owners:
            found.append((module, value))
    return found


def _registered(
    x: Execution, module: LoadedModule, holder: Object | Class | None, key: str
) -> Iterator[tuple[str, str]]:
    """The definitions of the project that are registered under a key by a module or its object."""
    assert x.project is not None
    offered = frozenset(
        name
        for name, items in module.outline.binders.items()
        if holder is not None or any(isinstance(item, DefItem) for item in items)
    )
    users = x.project.importers(module.path, offered) if offered else ()
    for path in (module.path, *users):
        other = module if path == module.path else load(x, path)
        for item in () if other is None else other.outline.items:
            if isinstance(item, (DefItem, ClassItem)) and other is not None:
                for decorator in item.node.decorator_list:
                    if _names_key(decorator, item.name, key) and _is_of(
                        x, other, decorator, module, holder
                    ):
                        yield path, item.name


def _names_key(decorator: ast.expr, name: str, key: str) -> bool:
    """`@register("dice")`, `@register(name="dice")`; `@register` of a function called `dice`."""
    if isinstance(decorator, ast.Call):
        given = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
        words = [one.value for one in given if isinstance(one, ast.Constant)]
        told = [word for word in words if isinstance(word, str)]
        if told:
            return key in told
        if given:
            return False
    return name.lower() == key.lower()


def _is_of(
    x: Execution,
    module: LoadedModule,
    decorator: ast.expr,
    home: LoadedModule,
    holder: Object | Class | None,
) -> bool:
    """Whether a decorator is a function of the table's module, or a method of what holds the table."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    path: list[str] = []
    while isinstance(function, ast.Attribute):
        path.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return False
    value = names.read_in_scope(x, module.scope, function.id)
    for name in reversed(path):
        if holder is not None and value is not None and _same(value, holder):
            return True
        value = None if value is None else attributes.read_attribute(x, value, name, _NOWHERE)
    if not isinstance(value, Function):
        return False
    return x.module_of_scope.get(global_scope(x, value.scope)) is home


def _same(value: Value, holder: Object | Class) -> bool:
    return isinstance(value, (Object, Class)) and value.identity == holder.identity
