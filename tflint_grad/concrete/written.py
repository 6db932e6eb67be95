"""How expressions are written: the text from which `ast` has read them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tflint_grad.concrete.blank import Page

#: Row from 1 and column from 0, in code points.
_Place = tuple[int, int]
#: White space and comments.
NOTHING = re.compile(r"(?:\s|\\\n|#[^\n]*\n)*")
_COMMENT = re.compile(r"#[^\n]*")
#: Where statements and parameters keep what they were made from; expressions do so in `lpar` and `rpar`.
_ORIGINS = ("semicolon", "leading_lines", "comma")
#: Everything up to a comment.
_CODE = re.compile(r"""(?:[^#"']|"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)*""", re.DOTALL)


def between(lines: Sequence[str], start: _Place, end: _Place) -> str:
    (row, column), (end_row, end_column) = start, end
    if row == end_row:
        return lines[row - 1][column:end_column]
    middle = lines[row : end_row - 1]
    return "".join((lines[row - 1][column:], *middle, lines[end_row - 1][:end_column]))


def raw(tree: ast.expr | ast.stmt, page: Page) -> str:
    """The text of an expression as `ast` delimits it: without parentheses, but of tuples."""
    row = tree.lineno
    line = page.lines[row - 1]
    if row == tree.end_lineno and line.isascii():
        return line[tree.col_offset : tree.end_col_offset]
    return between(page.lines, _start(tree, page), _end(tree, page))


def _start(tree: Any, page: Page) -> _Place:
    return (tree.lineno, _column(page, tree.lineno, tree.col_offset))


def _end(tree: Any, page: Page) -> _Place:
    return (tree.end_lineno, _column(page, tree.end_lineno, tree.end_col_offset))


def _column(page: Page, row: int, offset: int) -> int:
    """`ast` counts bytes."""
    line = page.lines[row - 1]
    if line.isascii():
        return offset
    return len(line.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "surrogatepass"))


# --- parentheses


def is_in_parentheses(tree: ast.Tuple | ast.MatchSequence, page: Page) -> bool:
    """`(a, b)`, not `a, b` or `(a), b`; all are the same to `ast`."""
    parts = tree.elts if isinstance(tree, ast.Tuple) else tree.patterns
    if not page.located:
        return not parts
    start = _start(tree, page)
    if page.lines[start[0] - 1][start[1]] != "(":
        return False
    if not parts:
        return True
    before = between(page.lines, start, _start(parts[0], page))
    opened = _COMMENT.sub("", before).count("(")
    return opened > sum(1 for _ in _closing(page, _end(parts[0], page)))


def code_part(line: str) -> str:
    """A line without its comment."""
    if "#" not in line:
        return line
    found = _CODE.match(line)
    return line if found is None else found.group()


def _closing(page: Page, place: _Place) -> Iterator[_Place]:
    """The places right after each of the `)` that come next."""
    row, column = place
    while row <= len(page.lines):
        line = page.lines[row - 1]
        while column < len(line) and (line[column] == ")" or line[column].isspace()):
            column += 1
            if line[column - 1] == ")":
                yield (row, column)
        if column < len(line) and line[column] not in "#\\":
            return
        row, column = row + 1, 0


def _opening(page: Page, place: _Place) -> Iterator[_Place]:
    """The places of the `(` that stand right before, the nearest first."""
    row, column = place
    line = page.lines[row - 1]
    while row:
        while column and (line[column - 1] == "(" or line[column - 1].isspace()):
            column -= 1
            if line[column] == "(":
                yield (row, column)
        if column:
            return
        row -= 1
        line = code_part(page.lines[row - 1]).rstrip("\\\n")
        column = len(line)


# --- nodes


def written(node: cst.CSTNode) -> str | None:
    """The text of what was made from `ast`: expressions, statements, parameters; None of others.

    An expression has its own parentheses, a statement no decorators, a parameter no default.
    """
    tree = getattr(node, "lpar", None)
    if isinstance(tree, ast.expr):
        page: Page = node.rpar  # type: ignore[attr-defined]
        if page.located or _is_there(tree, page):
            return _written(node, tree, page)
        return ast.unparse(tree)
    for field in _ORIGINS:
        origin = getattr(node, field, None)
        if origin.__class__ is tuple and origin and isinstance(origin[0], (ast.stmt, ast.arg)):
            tree, page = origin
            return between(page.lines, _start(tree, page), _end(tree, page))
    return None


def _written(node: Any, tree: ast.expr, page: Page) -> str:
    start, end = _start(tree, page), _end(tree, page)
    if isinstance(tree, ast.BoolOp):
        operands = _operands(node, tree)
        if operands < len(tree.values):
            end = _end(tree.values[operands - 1], page)
            *_, end = end, *_closing(page, end)
            return between(page.lines, start, end)
    after = list(_closing(page, end))
    before = list(_opening(page, start)) if after else []
    own = min(len(before) - page.claimed, len(after))
    if own > 0:
        start, end = before[own - 1], after[own - 1]
    elif own < 0 and isinstance(tree, ast.GeneratorExp):
        return _bare_generator(tree, page)
    return between(page.lines, start, end)


def _bare_generator(tree: ast.GeneratorExp, page: Page) -> str:
    """`sum(x for x in y)`: to `ast`, the parentheses of the call are the generator's own."""
    (row, column), end = _start(tree, page), _end(tree, page)
    inner = tree.generators[-1]
    last = _end((inner.ifs or [inner.iter])[-1], page)
    *_, last = last, *(place for place in _closing(page, last) if place < end)
    text = between(page.lines, (row, column + 1), last)
    nothing = NOTHING.match(text)
    return text if nothing is None else text[nothing.end() :]


def _operands(node: Any, tree: ast.BoolOp) -> int:
    """How many operands of `a and b and c` a node of libcst has."""
    count = 2
    while getattr(node.left, "lpar", None) is tree:
        node, count = node.left, count + 1
    return count


def _is_there(tree: ast.expr, page: Page) -> bool:
    """Whether an expression in an f-string stands where `ast` says; in a few it does not."""
    try:
        found = ast.parse(f"({raw(tree, page)})", mode="eval").body
    except (IndexError, SyntaxError, ValueError):
        return False
    return ast.dump(found) == ast.dump(tree)
