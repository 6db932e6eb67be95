"""Notebooks: what is Python in them, and where a row of the joined text came from."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from tflint_grad.findings import Unreadable
from tflint_grad.source import SourceText, source_from_bytes

IMPORT = "import tensorflow as tf\ntape = tf.GradientTape()"


def notebook(*cells: str, language: str = "python") -> bytes:
    content: dict[str, Any] = {
        "metadata": {"language_info": {"name": language}},
        "nbformat": 4,
        "nbformat_minor": 5,
        "cells": [{"cell_type": "markdown", "source": ["# GradientTape of tensorflow"]}]
        + [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells],
    }
    return json.dumps(content).encode()


def read(*cells: str) -> SourceText:
    source = source_from_bytes(notebook(*cells), "nb.ipynb")
    assert source is not None
    return source


def test_cells_are_joined_and_rows_lead_back() -> None:
    source = read(IMPORT, "a = 1\nb = 2\n", "c = 3")
    assert source.text.splitlines() == [*IMPORT.splitlines(), "a = 1", "b = 2", "", "c = 3"]
    assert source.cells is not None
    # Markdown counts: the first code cell is the second cell.
    assert [source.cells.locate(row) for row in (1, 2, 3, 4, 6)] == [
        (2, 1),
        (2, 2),
        (3, 1),
        (3, 2),
        (4, 1),
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%matplotlib inline\nx = 1", ["pass", "x = 1"]),
        ("!pip install keras \\\n  numpy\nx = 1", ["pass", "", "x = 1"]),
        ("if a:\n    !ls\n", ["if a:", "    pass", ""]),
        ("files = !ls\nx = 1", ["files = None", "x = 1"]),
        ("took = %time f()", ["took = None"]),
        ("tf.exp?", ["pass"]),
        ("%%time\nx = 1", ["", "x = 1"]),
        ("%%bash\nrm -r x", ["", ""]),
        ("%%writefile a.py\nx = 1", ["", ""]),
        ("x = (a\n% b)", ["x = (a", "% b)"]),
        ("%pylab\nx = (a\n% b)", ["pass", "x = (a", "% b)"]),
        ('%pylab\nx = """\n%s\n"""', ["pass", 'x = """', "%s", '"""']),
    ],
)
def test_magics_are_blanked_where_they_stand(cell: str, expected: list[str]) -> None:
    source = read(IMPORT, cell)
    ast.parse(source.text)
    assert source.lines[2:-1] == expected


def test_another_language_is_left_alone() -> None:
    source = source_from_bytes(notebook(IMPORT, language="R"), "nb.ipynb")
    assert source is not None
    assert not source.text.strip()


@pytest.mark.parametrize("data", [b"tensorflow GradientTape", b'["tensorflow", "GradientTape"]'])
def test_what_is_no_notebook_is_said(data: bytes) -> None:
    with pytest.raises(Unreadable, match="not a notebook"):
        source_from_bytes(data, "nb.ipynb")
