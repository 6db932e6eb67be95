"""Expressions, from `ast` to libcst."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.concrete.blank import Page, blank, new
from tflint_grad.concrete.literals import constant, joined
from tflint_grad.concrete.operators import BINARY, BOOLEAN, COMPARING, UNARY
from tflint_grad.concrete.written import is_in_parentheses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ANNOTATION = blank(cst.Annotation)
_ARG = blank(cst.Arg)
_ATTRIBUTE = blank(cst.Attribute)
_AWAIT = blank(cst.Await)
_BINARY = blank(cst.BinaryOperation)
_BOOLEAN = blank(cst.BooleanOperation)
_CALL = blank(cst.Call)
_COMPARISON = blank(cst.Comparison)
_COMPARISON_TARGET = blank(cst.ComparisonTarget)
_COMP_FOR = blank(cst.CompFor)
_COMP_IF = blank(cst.CompIf)
_DICT = blank(cst.Dict)
_DICT_COMP = blank(cst.DictComp)
_DICT_ELEMENT = blank(cst.DictElement)
_ELEMENT = blank(cst.Element)
_FROM = blank(cst.From)
_IF_EXP = blank(cst.IfExp)
_INDEX = blank(cst.Index)
_LAMBDA = blank(cst.Lambda)
_NAME = blank(cst.Name)
_NAMED = blank(cst.NamedExpr)
_PARAM = blank(cst.Param)
_PARAMETERS = blank(cst.Parameters)
_SLICE = blank(cst.Slice)
_STARRED = blank(cst.StarredElement)
_STARRED_DICT_ELEMENT = blank(cst.StarredDictElement)
_SUBSCRIPT = blank(cst.Subscript)
_SUBSCRIPT_ELEMENT = blank(cst.SubscriptElement)
_TUPLE = blank(cst.Tuple)
_UNARY = blank(cst.UnaryOperation)
_YIELD = blank(cst.Yield)

ASYNCHRONOUS = cst.Asynchronous()
_PARAM_STAR = cst.ParamStar()


def expression(tree: ast.expr, page: Page) -> Any:
    return EXPRESSIONS[tree.__class__](tree, page)


def optional(tree: ast.expr | None, page: Page) -> Any:
    return None if tree is None else EXPRESSIONS[tree.__class__](tree, page)


def name(text: str) -> Any:
    node = new(_NAME)
    node.value = text
    node.__class__ = cst.Name
    return node


def _name(tree: ast.Name, page: Page) -> Any:
    node = new(_NAME)
    node.value = tree.id
    node.__class__ = cst.Name
    return node


def _attribute(tree: ast.Attribute, page: Page) -> Any:
    attr = new(_NAME)
    attr.value = tree.attr
    attr.__class__ = cst.Name
    value = tree.value
    node = new(_ATTRIBUTE)
    node.value = EXPRESSIONS[value.__class__](value, page)
    node.attr = attr
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Attribute
    return node


# --- calls


def _call(tree: ast.Call, page: Page) -> Any:
    node = new(_CALL)
    node.func = EXPRESSIONS[tree.func.__class__](tree.func, page)
    node.args = arguments(tree.args, tree.keywords, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Call
    return node


def arguments(args: Sequence[ast.expr], keywords: Sequence[ast.keyword], page: Page) -> list[Any]:
    """The arguments in the order in which they are written."""
    found = [_positional(value, page) for value in args]
    if keywords:
        if args and _place(args[-1]) > _place(keywords[0]):
            places = [_place(one) for one in (*args, *keywords)]
            found += [_keyword(one, page) for one in keywords]
            return [arg for _, arg in sorted(zip(places, found, strict=True), key=lambda p: p[0])]
        found += [_keyword(one, page) for one in keywords]
    elif len(found) == 1 and not found[0].star:
        claim(found[0].value, page)
    return found


def _place(tree: Any) -> tuple[int, int]:
    return (tree.lineno, tree.col_offset)


def claim(node: Any, page: Page) -> None:
    """The first parentheses right around an expression are not its own: `f(x + y)`."""
    if node.__class__ is not cst.Name:
        object.__setattr__(node, "rpar", page.claiming)


def _positional(tree: Any, page: Page) -> Any:
    node = new(_ARG)
    if tree.__class__ is ast.Starred:
        tree = tree.value
        node.star = "*"
    else:
        node.star = ""
    node.value = EXPRESSIONS[tree.__class__](tree, page)
    node.keyword = None
    node.__class__ = cst.Arg
    return node


def _keyword(tree: ast.keyword, page: Page) -> Any:
    node = new(_ARG)
    node.value = EXPRESSIONS[tree.value.__class__](tree.value, page)
    if tree.arg is None:
        node.keyword, node.star = None, "**"
    else:
        node.keyword, node.star = name(tree.arg), ""
    node.__class__ = cst.Arg
    return node


# --- subscripts


def _subscript(tree: ast.Subscript, page: Page) -> Any:
    index = tree.slice
    parts: Sequence[ast.expr] = (index,)
    if isinstance(index, ast.Tuple) and not is_in_parentheses(index, page):
        parts = index.elts
    node = new(_SUBSCRIPT)
    node.value = EXPRESSIONS[tree.value.__class__](tree.value, page)
    node.slice = [_subscript_element(part, page) for part in parts]
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Subscript
    return node


def _subscript_element(tree: ast.expr, page: Page) -> Any:
    if isinstance(tree, ast.Slice):
        part = new(_SLICE)
        part.lower = optional(tree.lower, page)
        part.upper = optional(tree.upper, page)
        part.step = optional(tree.step, page)
        part.__class__ = cst.Slice
    else:
        part = new(_INDEX)
        part.star = None
        if isinstance(tree, ast.Starred):
            tree, part.star = tree.value, "*"
        part.value = EXPRESSIONS[tree.__class__](tree, page)
        part.__class__ = cst.Index
    node = new(_SUBSCRIPT_ELEMENT)
    node.slice = part
    node.__class__ = cst.SubscriptElement
    return node


# --- operators


def _binary(tree: ast.BinOp, page: Page) -> Any:
    node = new(_BINARY)
    node.left = EXPRESSIONS[tree.left.__class__](tree.left, page)
    node.operator = BINARY[tree.op.__class__]
    node.right = EXPRESSIONS[tree.right.__class__](tree.right, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.BinaryOperation
    return node


def _unary(tree: ast.UnaryOp, page: Page) -> Any:
    node = new(_UNARY)
    node.operator = UNARY[tree.op.__class__]
    node.expression = expression(tree.operand, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.UnaryOperation
    return node


def _boolean(tree: ast.BoolOp, page: Page) -> Any:
    """`a and b and c` is one node of `ast`, and `(a and b) and c` for libcst."""
    operator = BOOLEAN[tree.op.__class__]
    found = expression(tree.values[0], page)
    for value in tree.values[1:]:
        node = new(_BOOLEAN)
        node.left = found
        node.operator = operator
        node.right = expression(value, page)
        node.lpar, node.rpar = tree, page
        node.__class__ = cst.BooleanOperation
        found = node
    return found


def _comparison(tree: ast.Compare, page: Page) -> Any:
    node = new(_COMPARISON)
    node.left = expression(tree.left, page)
    node.comparisons = [
        _compared(op, value, page) for op, value in zip(tree.ops, tree.comparators, strict=True)
    ]
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Comparison
    return node


def _compared(operator: ast.cmpop, tree: ast.expr, page: Page) -> Any:
    node = new(_COMPARISON_TARGET)
    node.operator = COMPARING[operator.__class__]
    node.comparator = EXPRESSIONS[tree.__class__](tree, page)
    node.__class__ = cst.ComparisonTarget
    return node


def _if_exp(tree: ast.IfExp, page: Page) -> Any:
    node = new(_IF_EXP)
    node.test = expression(tree.test, page)
    node.body = expression(tree.body, page)
    node.orelse = expression(tree.orelse, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.IfExp
    return node


def _named(tree: ast.NamedExpr, page: Page) -> Any:
    node = new(_NAMED)
    node.target = expression(tree.target, page)
    node.value = expression(tree.value, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.NamedExpr
    return node


# --- containers


def _element(tree: ast.expr, page: Page) -> Any:
    if tree.__class__ is ast.Starred:
        return EXPRESSIONS[ast.Starred](tree, page)
    node = new(_ELEMENT)
    node.value = EXPRESSIONS[tree.__class__](tree, page)
    node.__class__ = cst.Element
    return node


def _starred(tree: ast.Starred, page: Page) -> Any:
    node = new(_STARRED)
    node.value = expression(tree.value, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.StarredElement
    return node


def tuple_of(parts: Sequence[ast.expr], tree: ast.AST, page: Page) -> Any:
    node = new(_TUPLE)
    node.elements = [_element(part, page) for part in parts]
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Tuple
    return node


def _tuple(tree: ast.Tuple, page: Page) -> Any:
    return tuple_of(tree.elts, tree, page)


def _display(kind: type[cst.List | cst.Set]) -> Callable[[Any, Page], Any]:
    twin = blank(kind)

    def build(tree: ast.List | ast.Set, page: Page) -> Any:
        node = new(twin)
        node.elements = [_element(part, page) for part in tree.elts]
        node.lpar, node.rpar = tree, page
        node.__class__ = kind
        return node

    return build


def _dict(tree: ast.Dict, page: Page) -> Any:
    node = new(_DICT)
    node.elements = [
        _dict_element(key, value, page) for key, value in zip(tree.keys, tree.values, strict=True)
    ]
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Dict
    return node


def _dict_element(key: ast.expr | None, value: ast.expr, page: Page) -> Any:
    node = new(_STARRED_DICT_ELEMENT if key is None else _DICT_ELEMENT)
    if key is not None:
        node.key = expression(key, page)
    node.value = expression(value, page)
    node.__class__ = cst.StarredDictElement if key is None else cst.DictElement
    return node


# --- comprehensions


def _comprehension(
    kind: type[cst.ListComp | cst.SetComp | cst.GeneratorExp],
) -> Callable[[Any, Page], Any]:
    twin = blank(kind)

    def build(tree: ast.ListComp | ast.SetComp | ast.GeneratorExp, page: Page) -> Any:
        node = new(twin)
        node.elt = expression(tree.elt, page)
        node.for_in = _loops(tree.generators, page)
        node.lpar, node.rpar = tree, page
        node.__class__ = kind
        return node

    return build


def _dict_comprehension(tree: ast.DictComp, page: Page) -> Any:
    node = new(_DICT_COMP)
    node.key = expression(tree.key, page)
    node.value = expression(tree.value, page)
    node.for_in = _loops(tree.generators, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.DictComp
    return node


def _loops(generators: Sequence[ast.comprehension], page: Page) -> Any:
    """The loops of a comprehension, each inside the one before."""
    inner = None
    for tree in reversed(generators):
        node = new(_COMP_FOR)
        node.target = expression(tree.target, page)
        node.iter = expression(tree.iter, page)
        node.ifs = [_condition(test, page) for test in tree.ifs]
        node.inner_for_in = inner
        node.asynchronous = ASYNCHRONOUS if tree.is_async else None
        node.__class__ = cst.CompFor
        inner = node
    return inner


def _condition(test: ast.expr, page: Page) -> Any:
    node = new(_COMP_IF)
    node.test = expression(test, page)
    node.__class__ = cst.CompIf
    return node


# --- functions


def _lambda(tree: ast.Lambda, page: Page) -> Any:
    node = new(_LAMBDA)
    node.params = parameters(tree.args, page)
    node.body = expression(tree.body, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Lambda
    return node


def parameters(tree: ast.arguments, page: Page) -> Any:
    plain = [*tree.posonlyargs, *tree.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(tree.defaults))
    defaults += tree.defaults
    found = [_parameter(one, value, "", page) for one, value in zip(plain, defaults, strict=True)]
    split = len(tree.posonlyargs)
    node = new(_PARAMETERS)
    node.posonly_params, node.params = found[:split], found[split:]
    if tree.vararg is not None:
        node.star_arg = _parameter(tree.vararg, None, "*", page)
    else:
        node.star_arg = _PARAM_STAR if tree.kwonlyargs else cst.MaybeSentinel.DEFAULT
    node.kwonly_params = [
        _parameter(one, value, "", page)
        for one, value in zip(tree.kwonlyargs, tree.kw_defaults, strict=True)
    ]
    node.star_kwarg = None if tree.kwarg is None else _parameter(tree.kwarg, None, "**", page)
    node.__class__ = cst.Parameters
    return node


def _parameter(tree: ast.arg, default: ast.expr | None, star: str, page: Page) -> Any:
    node = new(_PARAM)
    node.name = name(tree.arg)
    node.annotation = None if tree.annotation is None else annotation(tree.annotation, page)
    node.default = optional(default, page)
    node.star = star
    node.comma = (tree, page)
    node.__class__ = cst.Param
    return node


def annotation(tree: ast.expr, page: Page) -> Any:
    node = new(_ANNOTATION)
    node.annotation = EXPRESSIONS[tree.__class__](tree, page)
    node.__class__ = cst.Annotation
    return node


def _await(tree: ast.Await, page: Page) -> Any:
    node = new(_AWAIT)
    node.expression = expression(tree.value, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Await
    return node


def _yield(tree: ast.Yield, page: Page) -> Any:
    node = new(_YIELD)
    node.value = optional(tree.value, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Yield
    return node


def _yield_from(tree: ast.YieldFrom, page: Page) -> Any:
    node = new(_YIELD)
    node.value = origin_of(tree.value, page)
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.Yield
    return node


def origin_of(tree: ast.expr, page: Page) -> Any:
    """`from x`, of a `yield` or a `raise`."""
    node = new(_FROM)
    node.item = expression(tree, page)
    node.__class__ = cst.From
    return node


def _joined(tree: ast.JoinedStr, page: Page) -> Any:
    return joined(tree, page, expression)


EXPRESSIONS: dict[type, Callable[[Any, Page], Any]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _comprehension(cst.GeneratorExp),
    ast.IfExp: _if_exp,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _display(cst.List),
    ast.ListComp: _comprehension(cst.ListComp),
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _display(cst.Set),
    ast.SetComp: _comprehension(cst.SetComp),
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
