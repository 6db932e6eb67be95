"""Heads of functions and classes, and imports, from `ast` to libcst."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.concrete.blank import Page, blank, new
from tflint_grad.concrete.expressions import (
    ASYNCHRONOUS,
    annotation,
    arguments,
    expression,
    name,
    optional,
    parameters,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALIAS = blank(cst.ImportAlias)
_AS_NAME = blank(cst.AsName)
_ATTRIBUTE = blank(cst.Attribute)
_CLASS = blank(cst.ClassDef)
_DECORATOR = blank(cst.Decorator)
_FUNCTION = blank(cst.FunctionDef)
_IMPORT = blank(cst.Import)
_IMPORT_FROM = blank(cst.ImportFrom)
_NAME_ITEM = blank(cst.NameItem)
_PARAM_SPEC = blank(cst.ParamSpec)
_TYPE_PARAM = blank(cst.TypeParam)
_TYPE_PARAMETERS = blank(cst.TypeParameters)
_TYPE_VAR = blank(cst.TypeVar)
_TYPE_VAR_TUPLE = blank(cst.TypeVarTuple)

_DOT = cst.Dot()
_STAR = cst.ImportStar()


# --- functions and classes; the bodies are the caller's


def function_header(tree: ast.FunctionDef | ast.AsyncFunctionDef, page: Page) -> Any:
    node = new(_FUNCTION)
    node.decorators = _decorators(tree.decorator_list, page)
    node.name = name(tree.name)
    node.type_parameters = type_parameters(tree, page)
    node.params = parameters(tree.args, page)
    node.returns = None if tree.returns is None else annotation(tree.returns, page)
    node.asynchronous = ASYNCHRONOUS if tree.__class__ is ast.AsyncFunctionDef else None
    node.leading_lines = (tree, page)
    return node


def class_header(tree: ast.ClassDef, page: Page) -> Any:
    given = arguments(tree.bases, tree.keywords, page)
    split = next((i for i, arg in enumerate(given) if arg.keyword or arg.star == "**"), len(given))
    node = new(_CLASS)
    node.decorators = _decorators(tree.decorator_list, page)
    node.name = name(tree.name)
    node.type_parameters = type_parameters(tree, page)
    node.bases, node.keywords = given[:split], given[split:]
    node.leading_lines = (tree, page)
    return node


def _decorators(trees: Sequence[ast.expr], page: Page) -> list[Any]:
    found = []
    for tree in trees:
        node = new(_DECORATOR)
        node.decorator = expression(tree, page)
        node.__class__ = cst.Decorator
        found.append(node)
    return found


def type_parameters(tree: Any, page: Page) -> Any:
    """`def f[T: float, *Ts, **P]`, of Python 3.12 and later."""
    trees = getattr(tree, "type_params", None)
    if not trees:
        return None
    node = new(_TYPE_PARAMETERS)
    node.params = [_type_parameter(one, page) for one in trees]
    node.__class__ = cst.TypeParameters
    return node


def _type_parameter(tree: Any, page: Page) -> Any:
    kind = tree.__class__.__name__
    param: Any
    if kind == "TypeVar":
        param = new(_TYPE_VAR)
        param.bound = optional(tree.bound, page)
    else:
        param = new(_TYPE_VAR_TUPLE if kind == "TypeVarTuple" else _PARAM_SPEC)
    param.name = name(tree.name)
    param.__class__ = getattr(cst, kind)
    node = new(_TYPE_PARAM)
    node.param = param
    default = getattr(tree, "default_value", None)  # of Python 3.13
    node.star = ""
    if isinstance(default, ast.Starred):
        default, node.star = default.value, "*"
    node.default = optional(default, page)
    node.__class__ = cst.TypeParam
    return node


# --- imports


def import_of(tree: ast.Import, page: Page) -> Any:
    node = new(_IMPORT)
    node.names = [_alias(alias) for alias in tree.names]
    node.semicolon = (tree, page)
    node.__class__ = cst.Import
    return node


def import_from(tree: ast.ImportFrom, page: Page) -> Any:
    node = new(_IMPORT_FROM)
    node.module = None if tree.module is None else _dotted(tree.module)
    node.relative = (_DOT,) * tree.level
    everything = tree.names[0].name == "*"
    node.names = _STAR if everything else [_alias(alias) for alias in tree.names]
    node.semicolon = (tree, page)
    node.__class__ = cst.ImportFrom
    return node


def _alias(tree: ast.alias) -> Any:
    node = new(_ALIAS)
    node.name = _dotted(tree.name)
    node.asname = None if tree.asname is None else as_name(name(tree.asname))
    node.__class__ = cst.ImportAlias
    return node


def _dotted(text: str) -> Any:
    root, *rest = text.split(".")
    found = name(root)
    for part in rest:
        node = new(_ATTRIBUTE)
        node.value, node.attr = found, name(part)
        node.__class__ = cst.Attribute
        found = node
    return found


def as_name(target: Any) -> Any:
    node = new(_AS_NAME)
    node.name = target
    node.__class__ = cst.AsName
    return node


def named_items(names: Sequence[str]) -> list[Any]:
    """The names of a `global` statement."""
    found = []
    for text in names:
        node = new(_NAME_ITEM)
        node.name = name(text)
        node.__class__ = cst.NameItem
        found.append(node)
    return found
