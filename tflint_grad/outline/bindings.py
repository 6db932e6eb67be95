"""Which names statements bind where they stand, without a look into function bodies."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.outline.walk import children, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: `from module import *` is listed under this name: what it binds is known to the other module.
STAR = "*"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Their bodies have names of their own.
_OWN_SCOPE = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bound_names(statements: Iterable[ast.stmt]) -> set[str]:
    """Names that are bound in the scope of `statements`, inside `if`, `try`, `with`, `for` too."""
    found: set[str] = set()
    stack: list[tuple[ast.AST, bool]] = [(statement, False) for statement in statements]
    while stack:
        node, comprehension = stack.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(imported_names(node))
            continue
        if isinstance(node, ast.Name):
            if not comprehension and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            continue
        if isinstance(node, ast.NamedExpr):  # binds outside of a comprehension
            found.add(node.target.id)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            found.update(filter(None, [node.name]))
        elif isinstance(node, ast.MatchMapping):
            found.update(filter(None, [node.rest]))
        inside = comprehension or isinstance(node, _COMPREHENSIONS)
        stack.extend((child, inside) for child in children(node))
    return found


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with what it stands for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            # Projects hand TensorFlow on: `from project.compat import tf`.
            module = f"{'.' * node.level}{node.module}." if node.module else "." * node.level
            full = "tensorflow" if alias.name == "tf" else module + alias.name
            yield alias.asname or alias.name, full
        elif alias.asname is not None:
            yield alias.asname, alias.name
        else:
            root = alias.name.split(".")[0]
            yield root, root


def imported_names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """What an import statement binds; `STAR` for an import of everything."""
    for alias in node.names:
        if alias.asname is not None:
            yield alias.asname
        else:
            yield alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name


def changed_names(statements: Iterable[ast.stmt]) -> set[str]:
    """Names whose value `statements` may change without binding them.

    `Model.call = call`, `table["key"] = value`, `model.build(shape)`, `losses.append(mse)`.
    """
    found: set[str] = set()
    stack: list[ast.AST] = list(statements)
    while stack:
        node = stack.pop()
        if isinstance(node, _OWN_SCOPE):
            continue
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            root = root_name(node) if not isinstance(node.ctx, ast.Load) else None
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            root = root_name(function) if isinstance(function, ast.Attribute) else None
        else:
            root = None
        if root is not None:
            found.add(root)
        stack.extend(children(node))
    return found


def root_name(node: ast.expr) -> str | None:
    """`a` of `a.b[c].d`; None where the expression does not begin with a name."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def attribute_names(node: ast.ClassDef) -> set[str]:
    """What an instance can be asked for: methods, class-level names, and assigned attributes."""
    found = bound_names(node.body)
    for statement in statements(node.body):
        found.update(target.attr for target in assigned_attributes(statement))
    return found


def assigned_attributes(statement: ast.stmt) -> Iterator[ast.Attribute]:
    """The attributes that a statement itself assigns to, those in a tuple too."""
    for target in _targets(statement):
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else (target,)
        yield from (part for part in parts if isinstance(part, ast.Attribute))


def _targets(statement: ast.stmt) -> Sequence[ast.expr]:
    """What a statement assigns to."""
    if isinstance(statement, ast.Assign):
        return statement.targets
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        return (statement.target,)
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return ()


def is_main_guard(statement: ast.stmt) -> bool:
    """`if __name__ == "__main__":`: runs as a script only, never on import."""
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare):
        return False
    test = statement.test
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, *test.comparators]
    names = {side.id for side in sides if isinstance(side, ast.Name)}
    texts = {side.value for side in sides if isinstance(side, ast.Constant)}
    return names == {"__name__"} and texts == {"__main__"}


def is_type_checking(statement: ast.stmt) -> bool:
    """`if TYPE_CHECKING:`: its names exist in annotations only."""
    if not isinstance(statement, ast.If):
        return False
    test = statement.test
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"
