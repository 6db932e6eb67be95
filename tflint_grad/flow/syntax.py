"""Small questions to the syntax of one function, answered once for each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import libcst as cst

_IGNORED = (
    cst.BaseParenthesizableWhitespace,
    cst.MaybeSentinel,
    cst.Comma,
    cst.Dot,
    cst.LeftParen,
    cst.RightParen,
    cst.EmptyLine,
    cst.TrailingWhitespace,
    cst.Newline,
    cst.Comment,
)


@lru_cache(maxsize=512)
def _field_names(kind: type) -> tuple[str, ...]:
    """`dataclasses.fields`, not `__dataclass_fields__`: the latter lists class variables too."""
    skipped = ("lpar", "rpar", "leading_lines", "comma", "dot", "semicolon", "header", "footer")
    return tuple(
        f.name
        for f in fields(kind)
        if f.name not in skipped and "whitespace" not in f.name and not f.name.startswith("lines_")
    )


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The semantic children of a node: no white space, commas, dots or parentheses."""
    for name in _field_names(node.__class__):
        child: Any = getattr(node, name)
        if isinstance(child, cst.CSTNode):
            if not isinstance(child, _IGNORED):
                yield child
        elif child.__class__ in (tuple, list):
            for entry in child:
                if isinstance(entry, cst.CSTNode) and not isinstance(entry, _IGNORED):
                    yield entry


def walk(node: cst.CSTNode, into_functions: bool = True) -> Iterator[cst.CSTNode]:
    """All semantic nodes below a node, in no particular order; no recursion."""
    stack = list(children(node))
    while stack:
        current = stack.pop()
        yield current
        if into_functions or not isinstance(current, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            stack.extend(children(current))


class _Facts:
    __slots__ = ("generator", "names", "nested_generator", "walrus")

    def __init__(self, node: cst.CSTNode) -> None:
        names: set[str] = set()
        self.walrus = self.generator = self.nested_generator = False
        own = {id(child) for child in walk(node, into_functions=False)}
        for child in walk(node):
            if isinstance(child, cst.Name):
                names.add(child.value)
            elif isinstance(child, cst.NamedExpr):
                self.walrus = True
            elif isinstance(child, cst.Yield):
                if id(child) in own:
                    self.generator = True
                else:
                    self.nested_generator = True
        self.names = frozenset(names)


_facts: WeakKeyDictionary[cst.CSTNode, _Facts] = WeakKeyDictionary()


def _facts_of(node: cst.CSTNode) -> _Facts:
    key = node
    found = _by_id.get(id(node))
    if found is None or found[0] is not key:
        found = _by_id[id(node)] = (key, _Facts(node))
    return found[1]


_by_id: dict[int, tuple[cst.CSTNode, _Facts]] = {}


def forget() -> None:
    """Let go of the nodes of a file that is done."""
    _by_id.clear()


def loaded_names(node: cst.CSTNode) -> frozenset[str]:
    return _facts_of(node).names


def is_generator(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef) and _facts_of(node).generator


def has_walrus(node: cst.CSTNode) -> bool:
    return _facts_of(node).walrus


def has_nested_generator(node: cst.CSTNode) -> bool:
    return _facts_of(node).nested_generator
