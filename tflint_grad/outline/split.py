"""From a parsed file to its items: imports, definitions, classes and what stands between."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tflint_grad.outline.rows import first_row, header_last_row, last_row
from tflint_grad.outline.units import ClassItem, CodeItem, DefItem, ImportItem, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tflint_grad.outline.units import Item


def split(filename: str, lines: Sequence[str], body: Sequence[ast.stmt]) -> list[Item]:
    """The top-level items of a file in their order. Looks into class bodies, not into functions."""
    items: list[Item] = []
    for group in _groups(body):
        statement = group[0]
        if len(group) == 1 and isinstance(statement, (ast.Import, ast.ImportFrom)):
            items.append(ImportItem(statement))
        elif (
            len(group) == 1
            and isinstance(statement, ast.ClassDef)
            and first_row(statement.body[0]) > header_last_row(statement)
        ):
            header_end = first_row(statement.body[0]) - 1
            start = first_row(statement)
            header = Unit(lines, start, header_end, group, filename, is_header=True)
            members = [_part(filename, lines, part, True) for part in _groups(statement.body)]
            items.append(ClassItem(statement.name, header, members, statement))
        else:
            items.append(_part(filename, lines, group, False))
    return items


def _groups(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Statements one by one; those that share a line stay together."""
    group: list[ast.stmt] = []
    for statement in body:
        if group and first_row(statement) > last_row(group[-1]):
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _part(
    filename: str, lines: Sequence[str], group: list[ast.stmt], stub: bool
) -> DefItem | CodeItem:
    unit = Unit(lines, first_row(group[0]), last_row(group[-1]), group, filename, stub)
    statement = group[0]
    if len(group) == 1 and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return DefItem(statement.name, unit, statement)
    return CodeItem(unit, group)
