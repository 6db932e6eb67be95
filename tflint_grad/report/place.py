"""Where a finding is, in the words of its reader; and text that is safe on a terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tflint_grad.findings import Location
    from tflint_grad.source import SourceText

#: Categories that draw nothing and may steer a terminal or reorder what is read:
#: control, format (bidirectional marks), surrogate, line and paragraph separators.
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def printable(text: str) -> str:
    """`text` with control characters spelled out: hostile source must not steer the terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _spelled(char) if unicodedata.category(char) in _UNSAFE else char for char in text
    )


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")


def spot(filename: str, location: Location, source: SourceText | None) -> str:
    """`train.py:14:12`; in a notebook `nb.ipynb:cell 3:4:1`. `source` is the file's own text."""
    row = location.row
    cell = ""
    if source is not None and source.cells is not None:
        number, row = source.cells.locate(row)
        cell = f"cell {number}:"
    return f"{printable(filename)}:{cell}{row}:{location.column}"
