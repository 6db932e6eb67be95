"""Numbers, strings and f-strings, from `ast` to libcst, which keeps them as they are written."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.concrete.blank import Page, blank, new
from tflint_grad.concrete.written import NOTHING, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CONCATENATED = blank(cst.ConcatenatedString)
_ELLIPSIS = blank(cst.Ellipsis)
_FORMATTED = blank(cst.FormattedString)
_FORMATTED_EXPRESSION = blank(cst.FormattedStringExpression)
_NAME = blank(cst.Name)
_STRING = blank(cst.SimpleString)

_NUMBERS: dict[type, tuple[Any, type[cst.BaseNumber]]] = {
    int: (blank(cst.Integer), cst.Integer),
    float: (blank(cst.Float), cst.Float),
    complex: (blank(cst.Imaginary), cst.Imaginary),
}
_MAX_BITS = 1000
#: One literal of a string.
_LITERAL = re.compile(
    r"[A-Za-z]*"
    r'(?:"""(?:[^\\"]|\\.|"(?!""))*"""'
    r"|'''(?:[^\\']|\\.|'(?!''))*'''"
    r'|"(?:[^\\"]|\\.)*"'
    r"|'(?:[^\\']|\\.)*')",
    re.DOTALL,
)
_F_STRING = re.compile("[rR]?[fF][rR]?[\"']")
_QUOTE = re.compile("[A-Za-z]*(\"\"\"|'''|\"|')")


def constant(tree: ast.Constant, page: Page) -> Any:
    value = tree.value
    kind = value.__class__
    if kind is str or kind is bytes:
        if not page.located:
            return _string(repr(value), tree, page)
        text = raw(tree, page)
        if is_one_literal(text):
            return _string(text, tree, page)
        return _concatenated([_string(piece, tree, page) for piece in pieces(text)], tree, page)
    if kind in _NUMBERS:
        twin, number = _NUMBERS[kind]
        node = new(twin)
        node.value = raw(tree, page) if page.located else _number(value)
        node.lpar, node.rpar = tree, page
        node.__class__ = number
    elif value is ...:
        node = new(_ELLIPSIS)
        node.lpar, node.rpar = tree, page
        node.__class__ = cst.Ellipsis
    else:
        node = new(_NAME)
        node.value = repr(value)
        node.__class__ = cst.Name
    return node


def _number(value: Any) -> str:
    # Numbers of thousands of digits have no decimal `repr`, and an infinite one is no literal.
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return hex(value)
    return repr(value).replace("inf", "1e999")


def _string(text: str, tree: ast.expr, page: Page) -> Any:
    node = new(_STRING)
    node.value = text
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.SimpleString
    return node


def _concatenated(parts: Sequence[Any], tree: ast.expr, page: Page) -> Any:
    *before, found = parts
    for part in reversed(before):
        node = new(_CONCATENATED)
        node.left, node.right = part, found
        node.lpar, node.rpar = tree, page
        node.__class__ = cst.ConcatenatedString
        found = node
    return found


# --- implicit concatenation


def is_one_literal(text: str) -> bool:
    """Whether a string is not several that stand beside each other."""
    opening = _QUOTE.match(text)
    if opening is None:
        return True
    quote = opening.group(1)
    return text.find(quote, opening.end()) == len(text) - len(quote) or len(pieces(text)) == 1


def pieces(text: str) -> list[str]:
    """The literals that stand beside each other."""
    if sys.version_info >= (3, 12) and re.search(_F_STRING, text):
        return list(_tokens(text))
    found: list[str] = []
    place = 0
    while (literal := _LITERAL.match(text, place)) is not None:
        found.append(literal.group())
        between = NOTHING.match(text, literal.end())
        place = literal.end() if between is None else between.end()
    return found


def _tokens(text: str) -> Iterator[str]:
    """The same, for f-strings in which there may be strings in the same quotes (PEP 701)."""
    begins = [0]
    for line in f"({text})".split("\n"):
        begins.append(begins[-1] + len(line) + 1)
    depth = start = 0
    for token in tokenize.generate_tokens(io.StringIO(f"({text})").readline):
        name = tokenize.tok_name[token.type]
        first, last = (begins[row - 1] + column - 1 for row, column in (token.start, token.end))
        if name == "STRING" and not depth:
            yield text[first:last]
        elif name.endswith("STRING_START"):
            start = start if depth else first
            depth += 1
        elif name.endswith("STRING_END"):
            depth -= 1
            if not depth:
                yield text[start:last]


# --- f-strings


def joined(tree: ast.JoinedStr, page: Page, build: Callable[[ast.expr, Page], Any]) -> Any:
    """An f-string, or several strings beside each other of which one is an f-string."""
    expressions = _expressions(tree.values, page.inside_f_string, build)
    text = raw(tree, page) if page.located else ""
    if not text or is_one_literal(text):
        return _formatted(expressions, tree, page)
    literals = pieces(text)
    if not any(_is_formatted(literal) for literal in literals):
        return _formatted(expressions, tree, page)
    parts: list[Any] = []
    for literal in literals:
        if _is_formatted(literal):
            count = _count(literal)
            parts.append(_formatted(expressions[:count], tree, page))
            del expressions[:count]
        else:
            parts.append(_string(literal, tree, page))
    return _concatenated(parts, tree, page)


def _is_formatted(literal: str) -> bool:
    return _F_STRING.match(literal) is not None


def _count(literal: str) -> int:
    """How many expressions a single f-string has."""
    if "{" not in literal:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ast.parse(literal, mode="eval").body
    parts = found.values if isinstance(found, ast.JoinedStr) else []
    return sum(isinstance(part, ast.FormattedValue) for part in parts)


def _formatted(expressions: list[Any], tree: ast.expr, page: Page) -> Any:
    node = new(_FORMATTED)
    node.parts = expressions
    node.lpar, node.rpar = tree, page
    node.__class__ = cst.FormattedString
    return node


def _expressions(
    values: Sequence[ast.expr], page: Page, build: Callable[[ast.expr, Page], Any]
) -> list[Any]:
    """The parts of an f-string in braces; what is between them says nothing."""
    found = []
    for tree in values:
        if isinstance(tree, ast.FormattedValue):
            node = new(_FORMATTED_EXPRESSION)
            node.expression = build(tree.value, page)
            spec = tree.format_spec
            parts = spec.values if isinstance(spec, ast.JoinedStr) else ()
            node.format_spec = _expressions(parts, page, build) if spec is not None else None
            node.__class__ = cst.FormattedStringExpression
            found.append(node)
    return found
