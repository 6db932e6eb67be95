"""A fixture whose helpers lie in another file has the same findings, on the same lines of code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.harness.fixture import every_fixture
from tests.metamorphic.files import PLACES, spread
from tests.metamorphic.untransformable import Untransformable
from tflint_grad.outline import outline
from tflint_grad.project import Project
from tflint_grad.rules import check
from tflint_grad.source import Relevance, SourceText

FIXTURES = {fixture.identity: fixture for fixture in every_fixture() if fixture.rule != "TFG000"}
#: At least this many fixtures have helpers that can lie elsewhere.
LEAST = 60

Marks = list[tuple[str, str]]


def marks(files: dict[str, str], folder: Path) -> Marks:
    """Code and line of each finding of a run over all files, each defect once."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project, found = Project(), set()
    for name in files:
        path = str(folder / name)
        source = SourceText.from_text(files[name], path)
        if source.relevance is Relevance.NONE:
            continue
        for finding in check(outline(source), None, project):
            found.add((finding.code, finding.filename, finding.location.row))
    lines = {str(folder / name): text.split("\n") for name, text in files.items()}
    return sorted((code, lines[path][row - 1].strip()) for code, path, row in found)


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("identity", FIXTURES)
def test_findings_follow(identity: str, where: str, tmp_path: Path) -> None:
    source = FIXTURES[identity].source
    try:
        files = spread(source, where)
    except Untransformable as reason:
        pytest.skip(str(reason))
    before = marks({"main.py": source}, tmp_path / "one")
    after = marks(files, tmp_path / "many")
    assert after == before, "\n".join(f"# {name}\n{text}" for name, text in files.items())


def test_enough_fixtures_have_helpers_to_move() -> None:
    assert sum(can(fixture.source) for fixture in FIXTURES.values()) >= LEAST, os.getcwd()


def can(source: str) -> bool:
    try:
        spread(source, "second module")
    except Untransformable:
        return False
    return True
