"""A project linted file by file, in batches and as a whole: the same defects, each shown where asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parent / "projects" / "sample"
FILES = sorted(str(path.relative_to(SAMPLE)) for path in SAMPLE.rglob("*.py"))
#: The cause's place, where a finding is shown at a call that leads there.
_CAUSE = re.compile(r"\((\S+\.py):(\d+)\)")

Defect = tuple[str, str, int]

WHOLE = {
    ("TFG201", "gan/losses.py", 14),
    ("TFG204", "gan/quantise.py", 7),
}


def lint(paths: Iterable[str]) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "tflint_grad", "--no-cache", "--isolated", "--jobs=1"]
    done = subprocess.run(
        [*command, "--output-format=json", *paths], cwd=SAMPLE, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def defect(finding: dict[str, object]) -> Defect:
    place = finding["location"]
    assert isinstance(place, dict)
    cause = _CAUSE.search(str(finding["message"]))
    file, row = cause.groups() if cause else (finding["filename"], place["row"])
    return str(finding["code"]), str(file), int(row)


def test_the_whole_project() -> None:
    found = lint(["."])
    assert {defect(finding) for finding in found} == WHOLE
    assert len(found) == len(WHOLE), "the same defect reached from several tapes is one finding"
    spread = next(f for f in found if f["code"] == "TFG201")
    assert spread["tapes"] == 2
    assert "spoils 2 tapes" in str(spread["message"])


def test_each_file_alone() -> None:
    """A file tells of its own tapes, at its own lines."""
    together: set[Defect] = set()
    for file in FILES:
        found = lint([file])
        assert {finding["filename"] for finding in found} <= {file}
        together |= {defect(finding) for finding in found}
    assert together == WHOLE


@pytest.mark.parametrize("size", [2, 3, 5])
def test_batches(size: int) -> None:
    together: set[Defect] = set()
    for start in range(0, len(FILES), size):
        batch = FILES[start : start + size]
        found = lint(batch)
        assert {finding["filename"] for finding in found} <= set(batch)
        together |= {defect(finding) for finding in found}
    assert together == WHOLE


def test_flake8_says_the_same_of_a_file() -> None:
    pytest.importorskip("flake8")
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=TFG", "-j1"]
    done = subprocess.run(
        [*command, "--format=%(path)s:%(row)d %(code)s", *FILES],
        cwd=SAMPLE,
        capture_output=True,
        text=True,
    )
    alone = set()
    for file in FILES:
        for finding in lint([file]):
            place = finding["location"]
            assert isinstance(place, dict)
            alone.add(f"{file}:{place['row']} {finding['code']}")
    assert set(done.stdout.split("\n")) - {""} == alone
