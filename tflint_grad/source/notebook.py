"""Jupyter notebooks: their code cells as one text, and the way back from its rows to the cells."""

from __future__ import annotations

import ast
import bisect
import io
import json
import re
import tokenize
import warnings
from dataclasses import dataclass
from typing import Any

from tflint_grad.findings import Unreadable
from tflint_grad.source.text import SourceText

#: `%%time` and the like run their body as Python; any other cell magic takes it as its own text.
_PYTHON_CELL_MAGICS = frozenset(("capture", "prun", "pypy", "python", "python3", "time", "timeit"))
_CELL_MAGIC = re.compile(r"%%\s*(\w+)")
_LINE_MAGIC = re.compile(r"(?P<indent>\s*)(?:[%!?]|[\w.]+\?{1,2}\s*$)")
_ASSIGNED_MAGIC = re.compile(r"(?P<target>\s*[\w.\[\], '\"]+?\s*=\s*)(?:!|%(?=\w))")
#: Incomplete text before a magic line is tokenized again at each: hostile cells must not pay off.
_MAX_ATTEMPTS = 200


@dataclass(frozen=True)
class Cells:
    """Which cell a row of the joined text belongs to; cells count from 1, markdown included."""

    first_rows: tuple[int, ...]
    numbers: tuple[int, ...]

    def locate(self, row: int) -> tuple[int, int]:
        """The cell's number and the row within it."""
        index = max(bisect.bisect_right(self.first_rows, row) - 1, 0)
        return self.numbers[index], row - self.first_rows[index] + 1


def notebook_source(data: bytes, filename: str) -> SourceText:
    """The Python code of a notebook; the text is empty where its language is another one.

    Raises:
        Unreadable: no notebook at all, or one of a format that is no longer written.
    """
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not a notebook: {error}") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("not a notebook of format 4: it has no list of cells")
    first_rows, numbers, lines = [1], [1], list[str]()
    if _language(notebook) == "python":
        first_rows, numbers = [], []
        for number, cell in enumerate(cells, start=1):
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                first_rows.append(len(lines) + 1)
                numbers.append(number)
                lines += _python_lines(_cell_text(cell))
    index = Cells(tuple(first_rows or [1]), tuple(numbers or [1]))
    return SourceText(filename, "\n".join(lines) + "\n", data=data, cells=index)


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for key, entry in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        name = part.get(entry) if isinstance(part, dict) else None
        if isinstance(name, str):
            return name.lower()
    return "python"


def _cell_text(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")


def _python_lines(text: str) -> list[str]:
    """The lines of a cell with IPython's own syntax blanked; rows and columns stay."""
    lines = text.split("\n")
    if _parses(text):
        return lines
    first = next((row for row, line in enumerate(lines) if line.strip()), 0)
    if match := _CELL_MAGIC.match(lines[first]):
        if match[1] not in _PYTHON_CELL_MAGICS:
            return [""] * len(lines)
        lines[first] = ""
    start = attempts = 0
    continued = False
    for row, line in enumerate(lines):
        if continued:
            continued = line.endswith("\\")
            lines[row] = ""
            continue
        magic = _LINE_MAGIC.match(line)
        assigned = None if magic else _ASSIGNED_MAGIC.match(line)
        if (not magic and not assigned) or attempts > _MAX_ATTEMPTS:
            continue
        if not _complete("\n".join(lines[start:row])):
            attempts += 1  # within brackets or a string: `% b` is a modulo there
            continue
        start = row
        continued = line.endswith("\\")
        if magic:
            lines[row] = magic["indent"] + "pass"
        elif assigned:
            lines[row] = assigned["target"] + "None"
    return lines


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _complete(text: str) -> bool:
    """Whether no bracket or string is open at the end of `text`."""
    if text.endswith("\\"):
        return False
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            pass
    except tokenize.TokenError:
        return False
    except (SyntaxError, ValueError):
        return True
    return True
