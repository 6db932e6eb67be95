"""Projects of several files, each with one pitfall: it is found, and its correction is silent.

`# expect: TFG204 gradient-none` ends the line that is to be reported; `# right: …` says what stands
there in the correct twin. Both are executed, so that the consequence is seen to happen.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.execute import tensorflow_starts
from tests.projects_run import SCRIPTS
from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.findings import Severity

PROJECTS = Path(__file__).parent / "projects"
NAMES = sorted(path.name for path in PROJECTS.iterdir() if path.name in SCRIPTS)
_EXPECTED = re.compile(r"# expect: (TFG\d+) ([\w-]+)")
#: The cause's place, where a finding is shown at a call that leads there.
_CAUSE = re.compile(r"\((\S+\.py):(\d+)\)")
_RIGHT = re.compile(r"^( *)\S.*# right: (.*)$", re.MULTILINE)

Marks = set[tuple[str, int, str, str]]


def python_files(root: Path) -> list[Path]:
    return sorted(root.rglob("*.py"))


def expected(root: Path) -> Marks:
    return {
        (path.relative_to(root).as_posix(), row, *match.groups())
        for path in python_files(root)
        for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := _EXPECTED.search(line))
    }


def reported(root: Path, files: list[Path]) -> Marks:
    """The cause of each finding but advice, wherever it is shown."""
    found: Marks = set()
    for report in lint_files([str(path) for path in files], SettingsFinder(isolated=True)):
        for one in report.findings:
            if one.severity is Severity.ADVICE:
                continue
            cause = _CAUSE.search(one.message)
            place = (one.filename, one.location.row) if cause is None else cause.groups()
            name = Path(place[0]).resolve().relative_to(root.resolve()).as_posix()
            found.add((name, int(place[1]), one.code, str(one.consequence)))
    return found


@pytest.fixture
def wrong(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The project by itself, in a repository of its own."""
    return copied(request.param, tmp_path / "wrong")


@pytest.fixture
def right(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return corrected(request.param, tmp_path / "right")


def copied(name: str, root: Path) -> Path:
    shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
    (root / ".git").mkdir()
    return root


def corrected(name: str, root: Path) -> Path:
    copied(name, root)
    for path in python_files(root):
        text = path.read_text(encoding="utf-8")
        path.write_text(_RIGHT.sub(r"\1\2", text), encoding="utf-8")
    return root


@pytest.mark.parametrize("wrong", NAMES, indirect=True)
def test_the_pitfall_is_reported_at_its_cause_and_nothing_else(wrong: Path) -> None:
    marks = expected(wrong)
    assert len(marks) == 1
    assert reported(wrong, python_files(wrong)) == marks


@pytest.mark.parametrize("wrong", NAMES, indirect=True)
def test_each_file_by_itself_says_the_same(wrong: Path) -> None:
    alone = set[tuple[str, int, str, str]]()
    for path in python_files(wrong):
        alone |= reported(wrong, [path])
    assert alone == expected(wrong)


@pytest.mark.parametrize("right", NAMES, indirect=True)
def test_the_correction_is_silent(right: Path) -> None:
    assert reported(right, python_files(right)) == set()


def test_tensorflow_shows_each_consequence(tmp_path: Path) -> None:
    if not tensorflow_starts():
        pytest.skip("NO TENSORFLOW STARTS HERE: the projects were not executed")
    for name in NAMES:
        copied(name, tmp_path / name / "wrong")
        corrected(name, tmp_path / name / "right")
    done = subprocess.run(
        [sys.executable, "-m", "tests.projects_run", str(tmp_path), *NAMES],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    promised = {name: next(iter(expected(PROJECTS / name)))[3] for name in NAMES}
    assert seen == promised


def test_there_are_projects_of_many_styles() -> None:
    assert len(NAMES) >= 15
