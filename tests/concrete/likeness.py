"""Whether nodes made from `ast` are like those that libcst parses from the same text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from tflint_grad.concrete import Page, children, in_pairs, lines_of, written


def differences(text: str) -> Iterator[str]:
    """What a tree made from `ast` has that libcst's own has not, or otherwise."""
    lines = [line + "\n" for line in text.split("\n")]
    ours = lines_of(ast.parse(text).body, Page(lines))
    theirs = cst.parse_module(text).body
    yield from unlike(ours, theirs)


def unlike(ours: Sequence[cst.CSTNode], theirs: Sequence[cst.CSTNode]) -> Iterator[str]:
    for one, other in zip(ours, theirs, strict=True):
        try:
            pairs = in_pairs(one, other)
        except ValueError as error:
            yield f"{error} in {_code(other)}"
            continue
        for mine, twin in pairs:
            if mine.__class__ is not twin.__class__:
                yield f"{mine.__class__.__name__} for {twin.__class__.__name__} {_code(twin)}"
                continue
            yield from _unlike_values(mine, twin)
            yield from _unlike_kinds(mine, twin)
        parts = {id(part) for mine, _ in pairs if _is_concatenated(mine) for part in children(mine)}
        for mine, twin in pairs:
            if id(mine) not in parts:  # of several literals only the whole is written
                yield from _unlike_texts(mine, twin)


def _unlike_values(ours: cst.CSTNode, theirs: cst.CSTNode) -> Iterator[str]:
    for field in ("value", "star"):
        told = getattr(theirs, field, None)
        if isinstance(told, str) and field in _fields(ours):
            mine = getattr(ours, field)
            if mine != told and not (_is_inside_f_string(ours) and _mean_the_same(mine, told)):
                yield f"{field}: {mine!r} for {told!r}"


def _unlike_kinds(ours: cst.CSTNode, theirs: cst.CSTNode) -> Iterator[str]:
    for field in ("asynchronous", "operator", "star_arg"):
        if field in _fields(theirs):
            mine, twin = getattr(ours, field), getattr(theirs, field)
            if mine.__class__ is not twin.__class__:
                yield f"{field}: {mine.__class__.__name__} for {twin.__class__.__name__}"
    if isinstance(theirs, cst.ImportFrom):
        assert isinstance(ours, cst.ImportFrom)
        if len(ours.relative) != len(theirs.relative):
            yield f"{len(ours.relative)} dots for {len(theirs.relative)}"
        if isinstance(ours.names, cst.ImportStar) is not isinstance(theirs.names, cst.ImportStar):
            yield "an import of everything"


def _unlike_texts(ours: cst.CSTNode, theirs: cst.CSTNode) -> Iterator[str]:
    """libcst's text of a starred element has the comma after it, of a statement the semicolon."""
    text = written(ours)
    if text is None or not isinstance(theirs, (cst.BaseExpression, cst.BaseSmallStatement)):
        return
    if isinstance(theirs, cst.Tuple) and _is_inside_f_string(ours):
        return  # to `ast` of Python 3.11, `{a, b}` has parentheses
    if isinstance(theirs, cst.StarredElement):
        theirs = theirs.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    if isinstance(theirs, cst.BaseSmallStatement):
        theirs = theirs.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    if " ".join(text.split()) != _code(theirs):
        yield f"{text!r} for {_code(theirs)!r}"


def _fields(node: cst.CSTNode) -> Sequence[str]:
    return tuple(node.__class__.__slots__)


def _is_concatenated(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.ConcatenatedString)


def _is_inside_f_string(node: cst.CSTNode) -> bool:
    """Where `ast` of Python 3.11 cannot tell how a literal is written, its meaning is kept."""
    page = getattr(node, "rpar", None)
    return isinstance(page, Page) and not page.located


def _mean_the_same(one: str, other: str) -> bool:
    return bool(ast.literal_eval(one) == ast.literal_eval(other))


def _code(node: cst.CSTNode) -> str:
    return " ".join(cst.Module([]).code_for_node(node).split())
