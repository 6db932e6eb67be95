"""Imports: one function decides what a name of another module is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import names
from tflint_grad.flow.values import Known, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

#: Projects re-export TensorFlow (`from project import tf`), unless it is somebody else's `tf`:
#: tensorflow-probability's substrates import jax and numpy under that name.
_IMPOSTORS = ("jax", "numpy", "torch", "mxnet", "paddle", "substrate")


def resolve_import(x: Execution, module: str, name: str | None, level: int = 0) -> Value:
    """The value of `import module` or of `from module import name`, `level` dots before it."""
    if level == 0:
        return Known(module if name is None else f"{module}.{name}")
    full = "." * level + module
    if name == "tf" and not any(word in module.lower() for word in _IMPOSTORS):
        return Known("tensorflow")
    return Known(f"{full}.{name}" if name is not None else full)


def _resolve_from(x: Execution, module: str, name: str, level: int) -> Value:
    root = module.split(".")[0]
    if (
        name == "tf"
        and root not in ("tensorflow", "keras")
        and not any(word in module.lower() for word in _IMPOSTORS)
    ):
        return Known("tensorflow")
    return resolve_import(x, module, name, level)


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
        value = _resolve_from(x, module, name, len(node.relative))
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
            value = _resolve_from(x, node.module or "", alias.name, node.level)
            names.bind_name(x, alias.asname or alias.name, value, anchor)
