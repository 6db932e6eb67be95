"""Every marker of every program is what TensorFlow does with that program."""

from __future__ import annotations

import collections
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.flow.markers import marks_of, programs

pytest.importorskip("tensorflow", reason="the programs are checked by running them in TensorFlow")

ROOT = Path(__file__).parents[2]
PROGRAMS = programs()


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Any]:
    """One process for all of them: starting TensorFlow costs more than the programs do."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.flow.verdict", *map(str, PROGRAMS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_tensorflow_agrees_with_the_markers(program: Path, verdicts: dict[str, Any]) -> None:
    assert verdicts[program.stem]["refuted"] == []


def test_most_gradients_are_compared_with_central_differences(verdicts: dict[str, Any]) -> None:
    assert sum(verdict["compared"] for verdict in verdicts.values()) >= 100


def test_half_of_the_marks_are_live() -> None:
    """Silence is the harder half of the linter's work."""
    marks = [mark for path in PROGRAMS for mark in marks_of(path.read_text(encoding="utf-8"))]
    states = collections.Counter(mark.state for mark in marks)
    assert len(PROGRAMS) >= 90
    assert states["live"] * 2 >= len(marks)
    assert {"cut", "lost", "unrecorded", "unwatched", "absent"} <= set(states)
