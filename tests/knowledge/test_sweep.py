"""What the linter says of an operation on a path is what a run shows: a sample, drawn by names."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "sweep_ops.py"
SAMPLE = 40  # operations; `make sweep` runs them all


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
@pytest.mark.timeout(600)
def test_lint_and_run_agree_on_a_sample_of_the_operations() -> None:
    done = subprocess.run(
        [sys.executable, str(TOOL), "--sample", str(SAMPLE)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "agree: flows" in done.stdout
    assert "agree: none" in done.stdout


def test_every_name_of_the_table_is_swept_or_left_out_with_a_reason() -> None:
    listing = (
        f"import sys; sys.path[:0] = [{str(TOOL.parent)!r}]; import sweep_ops as sweep;"
        " print(*sweep.forgotten(sweep.every_line()))"
    )
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_every_exception_has_a_reason() -> None:
    for name in ("sweep_exceptions", "not_swept"):
        for row in (TOOL.parent / "specs" / f"{name}.txt").read_text("utf-8").splitlines():
            if row and not row.startswith("#"):
                key, _, reason = row.partition(": ")
                assert len(reason.split()) >= 2, row
                assert len(key.split()) == (4 if name == "sweep_exceptions" else 1), row
