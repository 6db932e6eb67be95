"""Entries of the table are measured again: each day another eighth, all of them on request."""

import datetime
import importlib.util
import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tflint_grad.knowledge import table

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "measure_ops.py"
EVIDENCE = ROOT / "tools" / "measured"
PARTS = 8


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


def records(tensorflow: str) -> list[dict[str, object]]:
    text = (EVIDENCE / f"tensorflow-{tensorflow}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()[1:]]


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_measuring_again_gives_the_same_table() -> None:
    measured = {part: table.versions()[part] for part in ("tensorflow", "keras")}
    if versions_here() != measured:
        pytest.skip(f"the table was measured on {measured}, here is {versions_here()}")
    whole = os.environ.get("TFLINT_GRAD_RUN_ALL")
    part = "0/1" if whole else f"{datetime.date.today().toordinal() % PARTS}/{PARTS}"
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check", "--part", part],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, f"part {part}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"


def test_the_table_says_what_it_was_measured_on() -> None:
    assert set(table.versions()) >= {"tensorflow", "keras", "numpy", "python"}
    assert len(table.rows()) > 1400
    assert len(table.raw_rows()) > 350


def test_every_call_written_by_hand_could_be_measured() -> None:
    wrong = [
        (record["call"], record["error"])
        for record in records(table.versions()["tensorflow"])
        if record["origin"] == "written" and "error" in record
    ]
    assert not wrong


def test_the_evidence_is_richer_than_the_table() -> None:
    found = {record["call"]: record for record in records(table.versions()["tensorflow"])}
    assert found["tf.unique(x)"]["graph"]["outside"].startswith("raises LookupError")
    assert found["tf.norm(x)"]["edges"] == {"tensor": ["0"]}
    assert found["tf.math.top_k(x, 2)"]["pairs"] == {"input": ["flows", "none"]}
    assert found["tf.nn.relu(x)"]["regimes"] == {"negative": {"features": "zero"}} or (
        found["tf.nn.relu(x)"]["arguments"] == {"features": "flows"}
    )
    assert found["tf.sign(x)"]["arguments"] == {"x": "zero"}
