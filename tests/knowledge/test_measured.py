"""Every entry of the table is measured again, in one process of TensorFlow."""

import importlib.util
import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tflint_grad.knowledge import table

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "measure_ops.py"


def versions_here() -> dict[str, str]:
    found = {}
    for part, packages in {
        "tensorflow": ("tensorflow", "tensorflow-cpu"),
        "keras": ("keras",),
    }.items():
        for package in packages:
            try:
                found[part] = version(package)
            except PackageNotFoundError:
                continue
    return found


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_measuring_again_gives_the_same_table() -> None:
    measured = {part: table.versions()[part] for part in ("tensorflow", "keras")}
    if versions_here() != measured:
        pytest.skip(f"the table was measured on {measured}, here is {versions_here()}")
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "not measured" not in done.stdout
    assert "killed the process: none" in done.stdout


def test_the_table_says_what_it_was_measured_on() -> None:
    assert json.dumps(table.versions())
    assert set(table.versions()) >= {"tensorflow", "keras", "numpy", "python"}
    assert len(table.rows()) > 1000
