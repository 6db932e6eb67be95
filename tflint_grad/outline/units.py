"""The parts of a file: each a range of lines that libcst can parse by itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

STUB = "class _:\n"


@dataclass(eq=False)
class Unit:
    """Some lines of a file. Lines of a class body are parsed under a stub `class` line."""

    lines: Sequence[str]
    first_row: int
    last_row: int
    stub: bool = False
    tail: str = ""
    _module: cst.Module | None = field(default=None, repr=False)

    @property
    def row_offset(self) -> int:
        """What to add to a row of the parsed text to get the row in the file."""
        return self.first_row - (2 if self.stub else 1)

    def module(self) -> cst.Module:
        """The parsed text.

        Raises:
            Unreadable: libcst refuses what the running Python's own parser accepts.
        """
        if self._module is None:
            import libcst as cst

            text = "".join(self.lines[self.first_row - 1 : self.last_row])
            if self.stub:
                text = STUB + text
            if self.tail:
                text = (text if text.endswith("\n") else text + "\n") + self.tail
            try:
                self._module = cst.parse_module(text)
            except cst.ParserSyntaxError as error:
                row = min(max(error.raw_line + self.row_offset, 1), self.last_row)
                raise Unreadable(f"libcst cannot parse line {row}") from error
        return self._module

    def statements(self) -> Sequence[cst.CSTNode]:
        import libcst as cst

        body: Sequence[cst.CSTNode] = self.module().body
        if self.stub:
            stub = body[0]
            assert isinstance(stub, cst.ClassDef)
            body = stub.body.body
        return body


@dataclass(eq=False)
class Names:
    """What a part of a file mentions and binds, and how large and deep it is."""

    used: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)  # attributes that are assigned
    nodes: int = 0
    depth: int = 0
    is_root: bool = False
    is_hook: bool = False


@dataclass(eq=False)
class CodeItem:
    """Statements that are neither imports nor definitions."""

    unit: Unit
    names: Names
    needed: bool = False


@dataclass(eq=False)
class ImportItem:
    node: ast.Import | ast.ImportFrom
    needed: bool = True


@dataclass(eq=False)
class DefItem:
    name: str
    unit: Unit
    names: Names
    node: ast.FunctionDef | ast.AsyncFunctionDef
    needed: bool = False


@dataclass(eq=False)
class ClassItem:
    name: str
    header: Unit
    names: Names
    members: list[DefItem | CodeItem | ClassItem]
    node: ast.ClassDef
    needed: bool = False


Item = CodeItem | ImportItem | DefItem | ClassItem


@dataclass(eq=False)
class Outline:
    """A file by its top-level statements; `needed` marks those that can matter to a gradient."""

    filename: str
    lines: Sequence[str]
    items: list[Item]
    matters: bool
    tree: ast.Module
    cut_short: list[str] = field(default_factory=list)  # what the stated limits left out

    def statement_rows(self, row: int) -> tuple[int, int]:
        """First and last row of the smallest statement at a row (a compound one: its header)."""
        best = (row, row)
        body: list[ast.stmt] = list(self.tree.body)
        while True:
            holder = next(
                (s for s in body if _first_row(s) <= row <= (s.end_lineno or s.lineno)), None
            )
            if holder is None:
                return best
            children = [
                child
                for name in ("body", "orelse", "finalbody")
                for child in getattr(holder, name, ())
                if isinstance(child, ast.stmt)
            ]
            for group in (*getattr(holder, "handlers", ()), *getattr(holder, "cases", ())):
                children.extend(group.body)
            if not children:
                return (holder.lineno, holder.end_lineno or holder.lineno)
            header_end = min(_first_row(child) for child in children) - 1
            if row <= max(header_end, holder.lineno):
                return (_first_row(holder), max(header_end, holder.lineno))
            best, body = (row, row), children


def _first_row(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])
