"""Rewritings that move code to other files: the helpers of a tape become a module of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.metamorphic.untransformable import Untransformable

HELPERS = "moved_helpers"
#: What makes a definition stay beside its tape.
_TAPES = frozenset(("GradientTape", "gradient", "jacobian", "batch_jacobian"))
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _in_second_module(names: list[str], helpers: str) -> tuple[dict[str, str], str]:
    return {f"{HELPERS}.py": helpers}, f"from {HELPERS} import {', '.join(names)}"


def _behind_star(names: list[str], helpers: str) -> tuple[dict[str, str], str]:
    return {f"{HELPERS}.py": helpers}, f"from {HELPERS} import *"


def _in_package(names: list[str], helpers: str) -> tuple[dict[str, str], str]:
    files = {"moved/__init__.py": "", f"moved/{HELPERS}.py": helpers}
    return files, f"from moved.{HELPERS} import {', '.join(names)}"


def _behind_reexport(names: list[str], helpers: str) -> tuple[dict[str, str], str]:
    exported = f"from .{HELPERS} import {', '.join(names)}\n"
    files = {"moved/__init__.py": exported, f"moved/{HELPERS}.py": helpers}
    return files, f"from moved import {', '.join(names)}"


PLACES = {
    "second module": _in_second_module,
    "star": _behind_star,
    "package": _in_package,
    "re-export": _behind_reexport,
}


def spread(source: str, where: str) -> dict[str, str]:
    """The files, by their names, that say together what one file says; `main.py` has the tapes.

    Every line of code stays as it is, and imports are found in both files.

    Raises:
        Untransformable: no helper stands by itself.
    """
    tree = ast.parse(source)
    lines = source.split("\n")
    moved = _movable(tree)
    if not any(isinstance(statement, _DEFINITIONS) for statement in moved):
        raise Untransformable("no helper stands by itself")
    names = sorted({name for statement in moved for name in _binds(statement)})
    if any(name.startswith("_") for name in names) and where == "star":
        raise Untransformable("a star leaves private names behind")
    imports = [statement for statement in tree.body if _is_import(statement)]
    rows = {row for statement in moved for row in _rows(statement)}
    kept_imports = [lines[row - 1] for statement in imports for row in _rows(statement)]
    helpers = [line for row, line in enumerate(lines, start=1) if row in rows]
    files, statement = PLACES[where](names, "\n".join([*kept_imports, "", *helpers, ""]))
    after_imports = max((row for node in imports for row in _rows(node)), default=0)
    main = [line for row, line in enumerate(lines, start=1) if row not in rows]
    place = sum(1 for row in range(1, after_imports + 1) if row not in rows)
    main.insert(place, statement)
    return {**files, "main.py": "\n".join(main)}


def _movable(tree: ast.Module) -> list[ast.stmt]:
    """Definitions without a tape, and what they use, if that is used or bound nowhere else."""
    if any(isinstance(node, (ast.Global, ast.ImportFrom)) and _moves(node) for node in tree.body):
        raise Untransformable("imports by itself")
    binders: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _binds(statement):
            binders.setdefault(name, []).append(statement)
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for statement in tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    }
    candidates = {
        id(statement): statement
        for statement in tree.body
        if isinstance(statement, _DEFINITIONS)
        and not _mentioned(statement) & _TAPES
        and not any(isinstance(node, ast.Global) for node in ast.walk(statement))
    }
    changed = True
    while changed:
        changed = False
        for key, statement in list(candidates.items()):
            used = _loads(statement) & binders.keys() - imported
            if any(id(other) not in candidates for name in used for other in binders[name]):
                del candidates[key]
                changed = True
    shared = {name for statement in candidates.values() for name in _binds(statement)}
    if any(len(binders[name]) > 1 for name in shared):
        raise Untransformable("a helper is bound more than once")
    return [statement for statement in tree.body if id(statement) in candidates]


def _moves(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.level > 0 or node.names[0].name == "*")


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _rows(statement: ast.stmt) -> range:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (statement.end_lineno or first) + 1)


def _binds(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _loads(statement: ast.stmt) -> set[str]:
    own = {statement.name} if isinstance(statement, _DEFINITIONS) else set()
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    } - own


def _mentioned(statement: ast.stmt) -> set[str]:
    return {
        word
        for node in ast.walk(statement)
        for word in (getattr(node, "id", ""), getattr(node, "attr", ""))
    }
