"""Patterns of `match`, from `ast` to libcst."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.concrete.blank import Page, blank, new
from tflint_grad.concrete.expressions import expression, name
from tflint_grad.concrete.written import is_in_parentheses

if TYPE_CHECKING:
    from collections.abc import Callable

_AS = blank(cst.MatchAs)
_CLASS = blank(cst.MatchClass)
_KEYWORD_ELEMENT = blank(cst.MatchKeywordElement)
_LIST = blank(cst.MatchList)
_MAPPING = blank(cst.MatchMapping)
_MAPPING_ELEMENT = blank(cst.MatchMappingElement)
_OR = blank(cst.MatchOr)
_OR_ELEMENT = blank(cst.MatchOrElement)
_SEQUENCE_ELEMENT = blank(cst.MatchSequenceElement)
_SINGLETON = blank(cst.MatchSingleton)
_STAR = blank(cst.MatchStar)
_TUPLE = blank(cst.MatchTuple)
_VALUE = blank(cst.MatchValue)


def pattern(tree: ast.pattern, page: Page) -> Any:
    return _PATTERNS[tree.__class__](tree, page)


def _optional_name(text: str | None) -> Any:
    return None if text is None else name(text)


def _value(tree: ast.MatchValue, page: Page) -> Any:
    node = new(_VALUE)
    node.value = expression(tree.value, page)
    node.__class__ = cst.MatchValue
    return node


def _singleton(tree: ast.MatchSingleton, page: Page) -> Any:
    node = new(_SINGLETON)
    node.value = name(repr(tree.value))
    node.__class__ = cst.MatchSingleton
    return node


def _as(tree: ast.MatchAs, page: Page) -> Any:
    node = new(_AS)
    node.pattern = None if tree.pattern is None else pattern(tree.pattern, page)
    node.name = _optional_name(tree.name)
    node.__class__ = cst.MatchAs
    return node


def _or(tree: ast.MatchOr, page: Page) -> Any:
    node = new(_OR)
    node.patterns = [_alternative(part, page) for part in tree.patterns]
    node.__class__ = cst.MatchOr
    return node


def _alternative(tree: ast.pattern, page: Page) -> Any:
    node = new(_OR_ELEMENT)
    node.pattern = pattern(tree, page)
    node.__class__ = cst.MatchOrElement
    return node


def _sequence(tree: ast.MatchSequence, page: Page) -> Any:
    # libcst takes `case a, b` for a list.
    in_parentheses = is_in_parentheses(tree, page)
    node = new(_TUPLE if in_parentheses else _LIST)
    node.patterns = [_element(part, page) for part in tree.patterns]
    node.__class__ = cst.MatchTuple if in_parentheses else cst.MatchList
    return node


def _element(tree: ast.pattern, page: Page) -> Any:
    if isinstance(tree, ast.MatchStar):
        return _star(tree, page)
    node = new(_SEQUENCE_ELEMENT)
    node.value = pattern(tree, page)
    node.__class__ = cst.MatchSequenceElement
    return node


def _star(tree: ast.MatchStar, page: Page) -> Any:
    node = new(_STAR)
    node.name = _optional_name(tree.name)
    node.__class__ = cst.MatchStar
    return node


def _mapping(tree: ast.MatchMapping, page: Page) -> Any:
    node = new(_MAPPING)
    node.elements = [
        _mapping_element(key, value, page)
        for key, value in zip(tree.keys, tree.patterns, strict=True)
    ]
    node.rest = _optional_name(tree.rest)
    node.__class__ = cst.MatchMapping
    return node


def _mapping_element(key: ast.expr, value: ast.pattern, page: Page) -> Any:
    node = new(_MAPPING_ELEMENT)
    node.key = expression(key, page)
    node.pattern = pattern(value, page)
    node.__class__ = cst.MatchMappingElement
    return node


def _class(tree: ast.MatchClass, page: Page) -> Any:
    node = new(_CLASS)
    node.cls = expression(tree.cls, page)
    node.patterns = [_element(part, page) for part in tree.patterns]
    node.kwds = [
        _keyword(text, value, page)
        for text, value in zip(tree.kwd_attrs, tree.kwd_patterns, strict=True)
    ]
    node.__class__ = cst.MatchClass
    return node


def _keyword(text: str, value: ast.pattern, page: Page) -> Any:
    node = new(_KEYWORD_ELEMENT)
    node.key = name(text)
    node.pattern = pattern(value, page)
    node.__class__ = cst.MatchKeywordElement
    return node


_PATTERNS: dict[type, Callable[[Any, Page], Any]] = {
    ast.MatchAs: _as,
    ast.MatchClass: _class,
    ast.MatchMapping: _mapping,
    ast.MatchOr: _or,
    ast.MatchSequence: _sequence,
    ast.MatchSingleton: _singleton,
    ast.MatchStar: _star,
    ast.MatchValue: _value,
}
