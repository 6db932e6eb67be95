"""The parts of a file: each a range of lines that can be executed, and parsed, by itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.outline.bindings import (
    attribute_names,
    bound_names,
    changed_names,
    imported_names,
    is_main_guard,
    is_type_checking,
)
from tflint_grad.outline.effects import Effects, effects_of
from tflint_grad.outline.guard import guard
from tflint_grad.outline.names import Names, scan
from tflint_grad.outline.rows import statement_rows
from tflint_grad.outline.survey import NAMING, Survey, survey
from tflint_grad.outline.walk import walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import libcst as cst

STUB = "class _:\n"


@dataclass(eq=False)
class Unit:
    """Some lines of a file and the statements in them, as nodes of libcst that are made on demand.

    Where libcst itself has to parse the lines, those of a class body stand under a stub `class`
    line, and the head of a class before a `pass`. `parsed`: the nodes are to be libcst's own; the
    reference that made ones are tested against.
    """

    lines: Sequence[str]
    first_row: int
    last_row: int
    nodes: Sequence[ast.stmt] = ()
    filename: str = ""
    stub: bool = False
    is_header: bool = False
    parsed: bool = False
    _statements: Sequence[cst.CSTNode] | None = field(default=None, repr=False)
    _mentions: dict[str, bool] = field(default_factory=dict, repr=False)

    def mentions(self, text: str) -> bool:
        """Whether a text stands anywhere in the lines: much cheaper than a walk over the syntax."""
        found = self._mentions.get(text)
        if found is None:
            lines = self.lines[self.first_row - 1 : self.last_row]
            found = self._mentions[text] = any(text in line for line in lines)
        return found

    @property
    def row_offset(self) -> int:
        """What to add to a row of the parsed text to get the row in the file."""
        return self.first_row - (2 if self.stub else 1)

    def statements(self) -> Sequence[cst.CSTNode]:
        """The statements as the interpreter visits them; of the head of a class, an empty class.

        Raises:
            Unreadable: `parsed`, and libcst refuses what the running Python's own parser accepts.
        """
        if self._statements is None:
            if self.parsed:
                self._statements = self.parse()[1]
            else:
                from tflint_grad.concrete import Page, empty_class, lines_of

                page = Page(self.lines)
                if self.is_header and isinstance(self.nodes[0], ast.ClassDef):
                    self._statements = [empty_class(self.nodes[0], page)]
                else:
                    self._statements = lines_of(self.nodes, page)
        return self._statements

    def parse(self) -> tuple[cst.Module, Sequence[cst.CSTNode]]:
        """The text as libcst parses it, and in it what `statements` are made to be like.

        Raises:
            Unreadable: libcst refuses what the running Python's own parser accepts.
        """
        import libcst as cst

        text = "".join(self.lines[self.first_row - 1 : self.last_row])
        if self.stub:
            text = STUB + text
        if self.is_header:
            text = (text if text.endswith("\n") else text + "\n") + "    pass\n"
        try:
            module = cst.parse_module(text)
        except cst.ParserSyntaxError as error:
            row = min(max(error.raw_line + self.row_offset, 1), self.last_row)
            raise Unreadable(f"libcst cannot parse line {row}") from error
        body: Sequence[cst.CSTNode] = module.body
        if self.stub:
            (stub,) = body
            assert isinstance(stub, cst.ClassDef)
            body = stub.body.body
        return module, body


class _Part:
    """What every item answers; most answers are the same for most items."""

    @property
    def is_main_guard(self) -> bool:
        """`if __name__ == "__main__":`: runs as a script only, never on import."""
        return False

    @property
    def is_type_checking(self) -> bool:
        """`if TYPE_CHECKING:`: its names exist in annotations only."""
        return False


@dataclass(eq=False)
class CodeItem(_Part):
    """Statements that are neither imports nor definitions, or that share a line."""

    unit: Unit
    nodes: Sequence[ast.stmt]
    needed: bool = False
    is_entry: bool = False  # runs in its place, whoever reads what it binds

    @cached_property
    def names(self) -> Names:
        return scan(self.nodes)

    @property
    def is_main_guard(self) -> bool:
        return len(self.nodes) == 1 and is_main_guard(self.nodes[0])

    @property
    def is_type_checking(self) -> bool:
        return len(self.nodes) == 1 and is_type_checking(self.nodes[0])


@dataclass(eq=False)
class ImportItem(_Part):
    node: ast.Import | ast.ImportFrom
    needed: bool = True


@dataclass(eq=False)
class DefItem(_Part):
    name: str
    unit: Unit
    node: ast.FunctionDef | ast.AsyncFunctionDef
    needed: bool = False
    is_entry: bool = False  # may lead to a pitfall if nobody calls it, or makes state for others

    @cached_property
    def names(self) -> Names:
        return scan((self.node,))

    @cached_property
    def effects(self) -> Effects:
        return effects_of(self.node)


@dataclass(eq=False)
class ClassItem(_Part):
    """A class of the module: its header and the items of its body.

    `names` are those of the header alone: bases, keywords, decorators and the class's own name.
    """

    name: str
    header: Unit
    members: list[DefItem | CodeItem]
    node: ast.ClassDef
    needed: bool = False

    @cached_property
    def names(self) -> Names:
        node = self.node
        names = scan([*node.bases, *node.keywords, *node.decorator_list])
        names.bound.add(self.name)
        return names

    @cached_property
    def member_names(self) -> frozenset[str]:
        """What the class body binds: methods and class-level names."""
        return frozenset(bound_names(self.node.body))

    def binds(self, name: str) -> bool:
        return name in self.member_names

    @cached_property
    def attribute_names(self) -> frozenset[str]:
        """What an instance can be asked for: members, and attributes that methods assign."""
        return frozenset(attribute_names(self.node))


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
    leads: frozenset[str] = frozenset()  # top-level names whose use leads to a tape
    _guarded: set[int] = field(default_factory=set, repr=False)
    _guarded_nodes: int = field(default=0, repr=False)

    @cached_property
    def binders(self) -> Mapping[str, list[Item]]:
        """The items that make a top-level name what it is, in their order.

        Those that bind it, and statements that change what another item bound: `Model.call = f`,
        `table["key"] = f`, `model.build(shape)`. Imports of everything stand under `*`.
        """
        found: dict[str, list[Item]] = {}
        changes: list[tuple[CodeItem, set[str]]] = []
        imported: set[str] = set()
        for item in self.items:
            if isinstance(item, ImportItem):
                names = set(imported_names(item.node))
                imported |= names
            elif isinstance(item, CodeItem):
                names = bound_names(item.nodes)
                changes.append((item, changed_names(item.nodes) - names))
            else:
                names = {item.name}
            for name in names:
                found.setdefault(name, []).append(item)
        if any(names for _, names in changes):
            order = {id(item): place for place, item in enumerate(self.items)}
            for item, names in changes:
                for name in names & found.keys() - imported:
                    found[name].append(item)
                    found[name].sort(key=lambda entry: order[id(entry)])
        return found

    def unmarked(self) -> Outline:
        """The same with nothing marked, for another analysis: what has been parsed is shared."""
        items = [_unmarked(item) for item in self.items]
        return Outline(self.filename, self.lines, items, True, self.tree)

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """All nodes of the file, each after its parent."""
        return walk([self.tree])

    @cached_property
    def survey(self) -> Survey:
        return survey(self.nodes)

    @cached_property
    def survey_for_others(self) -> Survey | None:
        """The same, where a file that imports this one may learn names from it."""
        text = "".join(self.lines)
        return self.survey if any(word in text for word in NAMING) else None

    def guard(self, item: DefItem | CodeItem | ClassItem) -> None:
        """Make sure that an item may be executed; of a class its header, not its members.

        Raises:
            Unreadable: it is too deep, or the items asked for are too large together (a warning).
        """
        if id(item) not in self._guarded:
            unit = item.header if isinstance(item, ClassItem) else item.unit
            self._guarded_nodes = guard(item.names, unit.first_row, self._guarded_nodes)
            self._guarded.add(id(item))

    def statement_rows(self, row: int) -> tuple[int, int]:
        """First and last row of the smallest statement at a row (a compound one: its header)."""
        return statement_rows(self.tree, row)


def _unmarked(item: Item) -> Item:
    if isinstance(item, ClassItem):
        members = [_unmarked_part(member) for member in item.members]
        return ClassItem(item.name, item.header, members, item.node)
    return item if isinstance(item, ImportItem) else _unmarked_part(item)


def _unmarked_part(item: DefItem | CodeItem) -> DefItem | CodeItem:
    if isinstance(item, DefItem):
        return DefItem(item.name, item.unit, item.node)
    return CodeItem(item.unit, item.nodes)
