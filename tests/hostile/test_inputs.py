"""Hostile inputs end in under 5 s and 600 MiB, with TFG000 or findings, never with a signal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.command import check_ending, lint
from tests.hostile.inputs import EXPRESSIONS, FORMATS, STATEMENTS, inside, outside


@pytest.mark.parametrize("name", EXPRESSIONS)
class TestExpressions:
    def test_beside_the_taped_function(self, name: str, tmp_path: Path) -> None:
        check_ending(lint(outside(f"value = {EXPRESSIONS[name]}"), tmp_path))

    def test_in_the_taped_function(self, name: str, tmp_path: Path) -> None:
        check_ending(lint(inside(f"value = {EXPRESSIONS[name]}"), tmp_path))


@pytest.mark.parametrize("name", STATEMENTS)
class TestStatements:
    def test_beside_the_taped_function(self, name: str, tmp_path: Path) -> None:
        check_ending(lint(outside(STATEMENTS[name]), tmp_path))

    def test_in_the_taped_function(self, name: str, tmp_path: Path) -> None:
        check_ending(lint(inside(STATEMENTS[name]), tmp_path))


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str, tmp_path: Path) -> None:
    check_ending(lint(FORMATS[name], tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "latin-1 with its cookie",
        "cp1252 with its cookie",
        "a mark of UTF-8",
        "Windows line ends",
        "tabs",
        "no line end",
        "a form feed between",
        "other alphabets",
    ],
)
def test_unusual_formats_are_read_all_the_same(name: str, tmp_path: Path) -> None:
    ending = lint(FORMATS[name], tmp_path)
    assert not ending.unreadable
    assert "TFG204" in {one["code"] for one in ending.findings}


def test_what_lies_beside_does_not_hide_the_finding(tmp_path: Path) -> None:
    """Up to the stated limits a long list is no reason to look away."""
    ending = lint(outside(f"value = {EXPRESSIONS['a list of 20,000 numbers']}"), tmp_path)
    assert "TFG204" in {one["code"] for one in ending.findings}


def test_a_folder_of_hostile_files_does_not_hide_a_finding(tmp_path: Path) -> None:
    for number, data in enumerate(FORMATS.values()):
        (tmp_path / f"format_{number}.py").write_bytes(data)
    ending = lint(inside("value = tf.round(w)"), tmp_path, str(tmp_path))
    assert ending.code == 1
    codes = {one["code"] for one in ending.findings if one["filename"].endswith("hostile.py")}
    assert "TFG204" in codes
