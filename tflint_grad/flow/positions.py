"""Where nodes stand in the file; worked out on demand, once per unit.

libcst parses the unit and generates its code once; its nodes and ours lie alike in their trees.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import libcst as cst
from libcst._nodes.internal import CodegenState

from tflint_grad.concrete import in_pairs
from tflint_grad.findings import Location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.paths import Place
    from tflint_grad.outline import Unit

Span = tuple[Location, Location]
_spans: WeakKeyDictionary[Unit, dict[int, Span]] = WeakKeyDictionary()


class _Recorder(CodegenState):
    """Generates the code and notes where each node begins and ends, without white space around."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(
            default_indent=module.default_indent, default_newline=module.default_newline
        )
        self.row, self.column = 1, 0
        self.spans: dict[int, tuple[int, int, int, int]] = {}

    def _advance(self, text: str) -> None:
        newlines = text.count("\n")
        if newlines:
            self.row += newlines
            self.column = len(text) - text.rfind("\n") - 1
        else:
            self.column += len(text)

    def add_token(self, value: str) -> None:
        self._advance(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self._advance(token)

    @contextmanager
    def record_syntactic_position(
        self, node: Any, *, start_node: Any = None, end_node: Any = None
    ) -> Iterator[None]:
        row, column = self.row, self.column
        yield
        start = self.spans.get(id(start_node)) if start_node is not None else None
        end = self.spans.get(id(end_node)) if end_node is not None else None
        self.spans[id(node)] = (
            *(start[:2] if start else (row, column)),
            *(end[2:] if end else (self.row, self.column)),
        )


def span_of(place: Place) -> Span:
    """First place and the place after the last, rows and columns from 1, columns in code points."""
    unit = place.unit
    spans = _spans.get(unit)
    if spans is None:
        spans = _spans[unit] = _measure(unit)
    found = spans.get(id(place.node))
    if found is None:
        return (Location(unit.first_row, 1), Location(unit.first_row, 2))
    return found


def row_of(place: Place) -> int:
    return span_of(place)[0].row


def _measure(unit: Unit) -> dict[int, Span]:
    module, parsed = unit.parse()
    state = _Recorder(module)
    module._codegen(state)
    offset = unit.row_offset
    spans: dict[int, Span] = {}
    for ours, theirs in zip(unit.statements(), parsed, strict=True):
        for node, twin in in_pairs(ours, theirs):
            found = state.spans.get(id(twin))
            if found is not None:
                row, column, end_row, end_column = found
                start = Location(row + offset, column + 1)
                spans[id(node)] = (start, Location(end_row + offset, end_column + 1))
    return spans
