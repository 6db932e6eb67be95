"""Imports: one function decides what a name of another module is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import modules, names
from tflint_grad.flow.values import Imported, Known, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: Projects re-export TensorFlow (`from project import tf`), unless it is somebody else's `tf`:
#: tensorflow-probability's substrates import jax and numpy under that name.
_IMPOSTORS = ("jax", "numpy", "torch", "mxnet", "paddle", "substrate")

_FAILED_IMPORTS = frozenset(("ImportError", "ModuleNotFoundError"))


def resolve_import(x: Execution, module: str, name: str | None, level: int = 0) -> Value:
    """The value of `import module` or of `from module import name`, `level` dots before it.

    What may be of the project is looked up only when somebody reads it.
    """
    library = Known(_library_name(module, name, level))
    if x.project is None or (level == 0 and x.project.is_library(module)):
        return library
    scope = modules.global_scope(x, x.frame.scope)
    importer = x.module_of_scope.get(scope)
    if importer is None:
        return library
    return Imported(importer.path, module, name, level, library)


def _library_name(module: str, name: str | None, level: int) -> str:
    root = module.split(".")[0]
    if (
        name == "tf"
        and (level or root not in ("tensorflow", "keras"))
        and not any(word in module.lower() for word in _IMPOSTORS)
    ):
        return "tensorflow"
    full = "." * level + module
    return full if name is None else f"{full}.{name}"


def _dotted(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def bind_import(x: Execution, node: cst.Import) -> None:
    for alias in node.names:
        module = _dotted(alias.name)
        asname = alias.asname.name.value if alias.asname is not None else None  # type: ignore[union-attr]
        _bind_module(x, module, asname, node)


def _bind_module(x: Execution, module: str, asname: object, node: cst.CSTNode) -> None:
    if isinstance(asname, str):
        names.bind_name(x, asname, resolve_import(x, module, None), node)
    else:
        root = module.split(".")[0]
        names.bind_name(x, root, resolve_import(x, root, None), node)


def bind_import_from(x: Execution, node: cst.ImportFrom) -> None:
    if isinstance(node.names, cst.ImportStar):
        return
    module = _dotted(node.module)
    for alias in node.names:
        name = _dotted(alias.name)
        bound = alias.asname.name.value if alias.asname is not None else name  # type: ignore[union-attr]
        value = resolve_import(x, module, name, len(node.relative))
        names.bind_name(x, str(bound), value, node)


def bind_top_level(x: Execution, node: ast.Import | ast.ImportFrom) -> None:
    """The same for an import statement that was read with `ast`."""
    anchor = cst.Pass()
    if isinstance(node, ast.Import):
        for alias in node.names:
            _bind_module(x, alias.name, alias.asname, anchor)
        return
    for alias in node.names:
        if alias.name != "*":
            value = resolve_import(x, node.module or "", alias.name, node.level)
            names.bind_name(x, alias.asname or alias.name, value, anchor)


def surely_imports(
    x: Execution,
    block: cst.BaseSuite,
    handlers: Many[cst.ExceptHandler | cst.ExceptStarHandler],
) -> bool:
    """`try: from project import f`, for files that are there, and `except ImportError:` after it.

    What stands in for the import where it fails is then no alternative.
    """
    for handler in handlers:
        if not isinstance(handler.type, cst.Name) or handler.type.value not in _FAILED_IMPORTS:
            return False
    statements = [
        small
        for line in block.body
        for small in (line.body if isinstance(line, cst.SimpleStatementLine) else (line,))
    ]
    return all(
        isinstance(statement, (cst.Import, cst.ImportFrom))
        and all(_is_there(x, value) for value in _modules_of(x, statement))
        for statement in statements
    )


def _modules_of(x: Execution, node: cst.Import | cst.ImportFrom) -> Iterator[Value]:
    if isinstance(node, cst.ImportFrom):
        yield resolve_import(x, _dotted(node.module), None, len(node.relative))
    else:
        for alias in node.names:
            yield resolve_import(x, _dotted(alias.name), None)


def _is_there(x: Execution, value: Value) -> bool:
    return (
        isinstance(value, Imported)
        and x.project is not None
        and x.project.find(value.importer, value.module, value.level) is not None
    )
