"""Statements and the blocks that they stand in, from `ast` to libcst."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.concrete.blank import Page, blank, new
from tflint_grad.concrete.definitions import (
    as_name,
    class_header,
    function_header,
    import_from,
    import_of,
    named_items,
    type_parameters,
)
from tflint_grad.concrete.expressions import (
    ASYNCHRONOUS,
    annotation,
    claim,
    expression,
    name,
    optional,
    origin_of,
    tuple_of,
)
from tflint_grad.concrete.operators import AUGMENTING
from tflint_grad.concrete.patterns import pattern
from tflint_grad.concrete.written import code_part, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ANN_ASSIGN = blank(cst.AnnAssign)
_ASSERT = blank(cst.Assert)
_ASSIGN = blank(cst.Assign)
_ASSIGN_TARGET = blank(cst.AssignTarget)
_AUG_ASSIGN = blank(cst.AugAssign)
_BLOCK = blank(cst.IndentedBlock)
_CASE = blank(cst.MatchCase)
_DEL = blank(cst.Del)
_ELSE = blank(cst.Else)
_EXPR = blank(cst.Expr)
_FINALLY = blank(cst.Finally)
_FOR = blank(cst.For)
_IF = blank(cst.If)
_LINE = blank(cst.SimpleStatementLine)
_MATCH = blank(cst.Match)
_RAISE = blank(cst.Raise)
_RETURN = blank(cst.Return)
_SUITE = blank(cst.SimpleStatementSuite)
_TYPE_ALIAS = blank(cst.TypeAlias)
_WHILE = blank(cst.While)
_WITH = blank(cst.With)
_WITH_ITEM = blank(cst.WithItem)

#: Their parentheses are their own even in `with (yield):`.
_IN_PARENTHESES = (ast.GeneratorExp, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_NOTHING = cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])])


# --- blocks


def lines_of(body: Sequence[ast.stmt], page: Page) -> list[Any]:
    """Compound statements, and lines of one or more small ones."""
    found: list[Any] = []
    last_row: int | None = 0
    for tree in body:
        small = _SMALL.get(tree.__class__)
        if small is None:
            found.append(_COMPOUND[tree.__class__](tree, page))
            continue
        if tree.lineno == last_row:
            found[-1].body.append(small(tree, page))
        else:
            line = new(_LINE)
            line.body = [small(tree, page)]
            line.__class__ = cst.SimpleStatementLine
            found.append(line)
        last_row = tree.end_lineno
    return found


def _block(body: Sequence[ast.stmt], page: Page) -> Any:
    if _is_indented(body[0], page):
        node = new(_BLOCK)
        node.body = lines_of(body, page)
        node.__class__ = cst.IndentedBlock
    else:
        node = new(_SUITE)
        node.body = [_SMALL[tree.__class__](tree, page) for tree in body]
        node.__class__ = cst.SimpleStatementSuite
    return node


def _is_indented(first: ast.stmt, page: Page) -> bool:
    """Whether a block does not stand on the line of its header: `if x: return`."""
    if first.__class__ not in _SMALL:
        return True
    row = first.lineno
    before = page.lines[row - 1][: first.col_offset]
    return before.isspace() and not code_part(page.lines[row - 2]).endswith("\\\n")


def _else(body: Sequence[ast.stmt], page: Page) -> Any:
    if not body:
        return None
    node = new(_ELSE)
    node.body = _block(body, page)
    node.__class__ = cst.Else
    return node


# --- small statements


def _assign(tree: ast.Assign, page: Page) -> Any:
    node = new(_ASSIGN)
    node.targets = [_target(target, page) for target in tree.targets]
    node.value = expression(tree.value, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Assign
    return node


def _target(tree: ast.expr, page: Page) -> Any:
    node = new(_ASSIGN_TARGET)
    node.target = expression(tree, page)
    node.__class__ = cst.AssignTarget
    return node


def _aug_assign(tree: ast.AugAssign, page: Page) -> Any:
    node = new(_AUG_ASSIGN)
    node.target = expression(tree.target, page)
    node.operator = AUGMENTING[tree.op.__class__]
    node.value = expression(tree.value, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.AugAssign
    return node


def _ann_assign(tree: ast.AnnAssign, page: Page) -> Any:
    node = new(_ANN_ASSIGN)
    node.target = expression(tree.target, page)
    node.annotation = annotation(tree.annotation, page)
    node.value = optional(tree.value, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.AnnAssign
    return node


def _expr(tree: ast.Expr, page: Page) -> Any:
    node = new(_EXPR)
    node.value = expression(tree.value, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Expr
    return node


def _return(tree: ast.Return, page: Page) -> Any:
    node = new(_RETURN)
    node.value = optional(tree.value, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Return
    return node


def _raise(tree: ast.Raise, page: Page) -> Any:
    node = new(_RAISE)
    node.exc = optional(tree.exc, page)
    node.cause = None if tree.cause is None else origin_of(tree.cause, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Raise
    return node


def _assert(tree: ast.Assert, page: Page) -> Any:
    node = new(_ASSERT)
    node.test = expression(tree.test, page)
    node.msg = optional(tree.msg, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Assert
    return node


def _del(tree: ast.Delete, page: Page) -> Any:
    node = new(_DEL)
    if len(tree.targets) == 1 and not raw(tree, page).endswith(","):
        node.target = expression(tree.targets[0], page)
    else:
        node.target = tuple_of(tree.targets, tree, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.Del
    return node


def _single(kind: type[cst.Pass | cst.Break | cst.Continue]) -> Callable[[Any, Page], Any]:
    twin = blank(kind)

    def build(tree: ast.stmt, page: Page) -> Any:
        node = new(twin)
        node.semicolon = (tree, page)
        node.__class__ = kind
        return node

    return build


def _declaration(kind: type[cst.Global | cst.Nonlocal]) -> Callable[[Any, Page], Any]:
    twin = blank(kind)

    def build(tree: ast.Global | ast.Nonlocal, page: Page) -> Any:
        node = new(twin)
        node.names = named_items(tree.names)
        node.semicolon = (tree, page)
        node.__class__ = kind
        return node

    return build


def _type_alias(tree: Any, page: Page) -> Any:
    node = new(_TYPE_ALIAS)
    node.name = name(tree.name.id)
    node.value = expression(tree.value, page)
    node.type_parameters = type_parameters(tree, page)
    node.semicolon = (tree, page)
    node.__class__ = cst.TypeAlias
    return node


# --- branches and loops


def _if(tree: ast.If, page: Page) -> Any:
    node = new(_IF)
    node.test = expression(tree.test, page)
    node.body = _block(tree.body, page)
    orelse = tree.orelse
    # The `if` of an `elif` stands where its own `if` does; one in an `else` is indented.
    if len(orelse) == 1 and _is_elif(orelse[0], tree):
        node.orelse = _if(orelse[0], page)  # type: ignore[arg-type]
    else:
        node.orelse = _else(orelse, page)
    node.leading_lines = (tree, page)
    node.__class__ = cst.If
    return node


def _is_elif(inner: ast.stmt, outer: ast.If) -> bool:
    return inner.__class__ is ast.If and inner.col_offset == outer.col_offset


def _for(tree: ast.For | ast.AsyncFor, page: Page) -> Any:
    node = new(_FOR)
    node.target = expression(tree.target, page)
    node.iter = expression(tree.iter, page)
    node.body = _block(tree.body, page)
    node.orelse = _else(tree.orelse, page)
    node.asynchronous = ASYNCHRONOUS if tree.__class__ is ast.AsyncFor else None
    node.leading_lines = (tree, page)
    node.__class__ = cst.For
    return node


def _while(tree: ast.While, page: Page) -> Any:
    node = new(_WHILE)
    node.test = expression(tree.test, page)
    node.body = _block(tree.body, page)
    node.orelse = _else(tree.orelse, page)
    node.leading_lines = (tree, page)
    node.__class__ = cst.While
    return node


def _match(tree: ast.Match, page: Page) -> Any:
    node = new(_MATCH)
    node.subject = expression(tree.subject, page)
    node.cases = [_case(case, page) for case in tree.cases]
    node.leading_lines = (tree, page)
    node.__class__ = cst.Match
    return node


def _case(tree: ast.match_case, page: Page) -> Any:
    node = new(_CASE)
    node.pattern = pattern(tree.pattern, page)
    node.guard = optional(tree.guard, page)
    node.body = _block(tree.body, page)
    node.__class__ = cst.MatchCase
    return node


# --- blocks that are entered and left


def _with(tree: ast.With | ast.AsyncWith, page: Page) -> Any:
    node = new(_WITH)
    node.items = [_with_item(item, page) for item in tree.items]
    first = tree.items[0]
    alone = len(tree.items) == 1 and first.optional_vars is None
    if alone and not isinstance(first.context_expr, _IN_PARENTHESES):
        claim(node.items[0].item, page)
    node.body = _block(tree.body, page)
    node.asynchronous = ASYNCHRONOUS if tree.__class__ is ast.AsyncWith else None
    node.leading_lines = (tree, page)
    node.__class__ = cst.With
    return node


def _with_item(tree: ast.withitem, page: Page) -> Any:
    node = new(_WITH_ITEM)
    node.item = expression(tree.context_expr, page)
    target = tree.optional_vars
    node.asname = None if target is None else as_name(expression(target, page))
    node.__class__ = cst.WithItem
    return node


def _try(
    kind: type[cst.Try | cst.TryStar], handler_kind: type[cst.ExceptHandler | cst.ExceptStarHandler]
) -> Callable[[Any, Page], Any]:
    twin, handler_twin = blank(kind), blank(handler_kind)

    def build(tree: ast.Try, page: Page) -> Any:
        node = new(twin)
        node.body = _block(tree.body, page)
        node.handlers = [handler(one, page) for one in tree.handlers]
        node.orelse = _else(tree.orelse, page)
        node.finalbody = _finally(tree.finalbody, page)
        node.leading_lines = (tree, page)
        node.__class__ = kind
        return node

    def handler(tree: ast.ExceptHandler, page: Page) -> Any:
        node = new(handler_twin)
        node.type = optional(tree.type, page)
        node.name = None if tree.name is None else as_name(name(tree.name))
        node.body = _block(tree.body, page)
        node.__class__ = handler_kind
        return node

    return build


def _finally(body: Sequence[ast.stmt], page: Page) -> Any:
    if not body:
        return None
    node = new(_FINALLY)
    node.body = _block(body, page)
    node.__class__ = cst.Finally
    return node


# --- definitions


def _function(tree: ast.FunctionDef | ast.AsyncFunctionDef, page: Page) -> Any:
    node = function_header(tree, page)
    node.body = _block(tree.body, page)
    node.__class__ = cst.FunctionDef
    return node


def _class(tree: ast.ClassDef, page: Page) -> Any:
    node = class_header(tree, page)
    node.body = _block(tree.body, page)
    node.__class__ = cst.ClassDef
    return node


def empty_class(tree: ast.ClassDef, page: Page) -> Any:
    """A class without what stands in its body."""
    node = class_header(tree, page)
    node.body = _NOTHING
    node.__class__ = cst.ClassDef
    return node


_SMALL: dict[type, Callable[[Any, Page], Any]] = {
    ast.AnnAssign: _ann_assign,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AugAssign: _aug_assign,
    ast.Break: _single(cst.Break),
    ast.Continue: _single(cst.Continue),
    ast.Delete: _del,
    ast.Expr: _expr,
    ast.Global: _declaration(cst.Global),
    ast.Import: import_of,
    ast.ImportFrom: import_from,
    ast.Nonlocal: _declaration(cst.Nonlocal),
    ast.Pass: _single(cst.Pass),
    ast.Raise: _raise,
    ast.Return: _return,
}
_COMPOUND: dict[type, Callable[[Any, Page], Any]] = {
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.ClassDef: _class,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.If: _if,
    ast.Match: _match,
    ast.Try: _try(cst.Try, cst.ExceptHandler),
    ast.While: _while,
    ast.With: _with,
}
# `except*` came with Python 3.11, `type X = …` with 3.12.
if hasattr(ast, "TryStar"):
    _COMPOUND[ast.TryStar] = _try(cst.TryStar, cst.ExceptStarHandler)
if hasattr(ast, "TypeAlias"):
    _SMALL[ast.TypeAlias] = _type_alias
