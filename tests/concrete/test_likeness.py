"""Nodes made from `ast` are like those that libcst parses from the same text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.concrete.likeness import differences
from tests.concrete.samples import samples
from tests.flow.markers import programs
from tests.harness.fixture import every_fixture

PACKAGE = Path(__file__).parents[2] / "tflint_grad" / "concrete"
#: Python takes it, libcst 1.9 does not.
UNREAD = "(x): y = z"
SAMPLES = [text for text in samples() if UNREAD not in text]
FILES = {
    **{one.identity: one.source for one in every_fixture() if one.rule != "TFG000"},
    **{path.name: path.read_text(encoding="utf-8") for path in programs()},
    **{str(path): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")},
}
GROUP = 500


@pytest.mark.parametrize("start", range(0, len(SAMPLES), GROUP))
def test_every_piece_of_syntax(start: int) -> None:
    assert not _unlike(SAMPLES[start : start + GROUP])


@pytest.mark.parametrize("start", range(0, len(FILES), GROUP))
def test_every_file(start: int) -> None:
    assert not _unlike([*FILES.values()][start : start + GROUP])


def _unlike(texts: Sequence[str]) -> dict[str, list[str]]:
    found = {text: list(differences(text)) for text in texts}
    return {text: unlike for text, unlike in found.items() if unlike}
