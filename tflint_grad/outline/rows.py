"""Rows of statements, decorators included."""

from __future__ import annotations

import ast


def first_row(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def last_row(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def header_last_row(statement: ast.ClassDef) -> int:
    ends = [base.end_lineno or 0 for base in statement.bases]
    ends += [keyword.end_lineno or 0 for keyword in statement.keywords]
    return max([statement.lineno, *ends])


def statement_rows(tree: ast.Module, row: int) -> tuple[int, int]:
    """First and last row of the smallest statement at a row (a compound one: its header)."""
    best = (row, row)
    body: list[ast.stmt] = list(tree.body)
    while True:
        holder = next((s for s in body if first_row(s) <= row <= last_row(s)), None)
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
            return (holder.lineno, last_row(holder))
        header_end = min(first_row(child) for child in children) - 1
        if row <= max(header_end, holder.lineno):
            return (first_row(holder), max(header_end, holder.lineno))
        best, body = (row, row), children
