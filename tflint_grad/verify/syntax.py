"""What the syntax of a file says to whoever wants to run a part of it: definitions, and who calls whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Definition:
    """A function or class of the file, nested ones too. Rows include the decorators."""

    name: str
    qualified: str
    node: Function | ast.ClassDef
    parent: Definition | None
    first: int
    last: int

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def outermost(self) -> Definition:
        """What can be reached from the module by name: itself, a method, or what encloses it."""
        here = self
        while here.parent is not None and not (here.parent.is_class and here.parent.parent is None):
            here = here.parent
        return here


@dataclass(frozen=True)
class Program:
    """One parsed file."""

    tree: ast.Module
    definitions: tuple[Definition, ...] = field(default=())

    @classmethod
    def of(cls, text: str | bytes) -> Program:
        """Raises SyntaxError and ValueError as `ast.parse` does."""
        tree = ast.parse(text)
        return cls(tree, tuple(_definitions(tree.body, None)))

    @cached_property
    def by_name(self) -> dict[str, Definition]:
        """Definitions by their qualified names; of two with one name the last."""
        return {one.qualified: one for one in self.definitions}

    def enclosing(self, row: int) -> Definition | None:
        """The innermost function (or class) around a row."""
        around = [one for one in self.definitions if one.first <= row <= one.last]
        return max(around, key=lambda one: (one.first, -one.last), default=None)

    def reachable(self, row: int) -> Definition | None:
        """What can be called by name to execute a row; None: the module itself."""
        inner = self.enclosing(row)
        if inner is None:
            return None
        outer = inner.outermost
        return None if outer.is_class else outer

    @cached_property
    def calls(self) -> dict[str, frozenset[str]]:
        """Function or method, by qualified name, to those of this file that it names: by name."""
        return {
            one.qualified: frozenset(self._named_in(one))
            for one in self.definitions
            if not one.is_class and one.outermost is one
        }

    def _named_in(self, definition: Definition) -> Iterator[str]:
        by_last: dict[str, list[str]] = {}
        for one in self.definitions:
            if one.outermost is one:
                by_last.setdefault(one.name, []).append(one.qualified)
        for node in ast.walk(definition.node):
            name = ""
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                name = node.id
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = node.attr
            for qualified in by_last.get(name, ()):
                target = self.by_name[qualified]
                if target is definition:
                    continue
                yield qualified
                if target.is_class:  # whoever names a class may run any method of it
                    yield from (one.qualified for one in self.definitions if one.parent is target)

    def reach(self, qualified: str) -> frozenset[str]:
        """All that a function may lead to, itself included."""
        known: set[str] = set()
        todo = [qualified]
        while todo:
            name = todo.pop()
            if name not in known:
                known.add(name)
                todo += self.calls.get(name, ())
        return frozenset(known)

    def callers(self, qualified: str) -> list[str]:
        """Functions of the file that lead to this one, the nearest first."""
        reaching = [
            name for name in self.calls if name != qualified and qualified in self.reach(name)
        ]
        return sorted(reaching, key=lambda name: len(self.reach(name)))

    @cached_property
    def _spans(self) -> tuple[tuple[int, int], ...]:
        spans = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
                body = getattr(node, "body", None)
                first = getattr(node, "lineno", 0) or node.pattern.lineno  # type: ignore[union-attr]
                last = getattr(node, "end_lineno", first) or first
                if isinstance(body, list) and body:
                    last = max(first, body[0].lineno - 1)
                spans.append((first, last))
        return tuple(spans)

    def statement(self, row: int) -> tuple[int, int]:
        """The rows of the smallest statement (of a compound one: its header) that holds `row`:
        Python's traceback may name any of them for an expression of several lines."""
        around = [span for span in self._spans if span[0] <= row <= span[1]]
        return min(around, key=lambda span: span[1] - span[0], default=(row, row))

    def comment_above(self, definition: Definition, lines: list[str]) -> list[str]:
        """The comment lines right above a definition, the nearest last."""
        row = definition.first - 1
        found: list[str] = []
        while row >= 1 and lines[row - 1].strip().startswith("#"):
            found.insert(0, lines[row - 1].strip())
            row -= 1
        return found


def _definitions(body: list[ast.stmt], parent: Definition | None) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{parent.qualified}.{node.name}" if parent else node.name
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            one = Definition(node.name, name, node, parent, first, node.end_lineno or node.lineno)
            yield one
            yield from _definitions(node.body, one)
        else:
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                for inner in getattr(node, name, ()):
                    nested = [inner] if isinstance(inner, ast.stmt) else inner.body
                    yield from _definitions(nested, parent)
