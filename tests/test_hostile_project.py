"""A project with bad files among good ones: each way in says the same, and the rest is linted."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """\
import tensorflow as tf
{imports}

w = tf.Variable(1.0)
with tf.GradientTape() as tape:
    y = crush(w)
g = tape.gradient(y, w)
"""
OPS = "import tensorflow as tf\n\n\ndef crush(x):\n    return tf.round(x)\n"
FLOWING = "import tensorflow as tf\n\n\ndef crush(x):\n    return x * 2.0\n"
HERE = "import tensorflow as tf\n\n\ndef crush(x):\n    return tf.round(x)\n\n\n"
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install tensorflow"]},
        {"cell_type": "code", "source": "%%bash\nls"},
        {"cell_type": "markdown", "source": "# tensorflow"},
        {"cell_type": "code", "source": SCRIPT.format(imports="from ops import crush") + "w?\n"},
    ],
}

#: Files by their names, and what is told of them alone: code and row, of the cause if elsewhere.
FILES: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "good.py": (SCRIPT.format(imports="from ops import crush"), ("TFG204 ops.py:5",)),
    "ops.py": (OPS, ()),
    "broken.py": (f"{OPS}\n\ntape = tf.GradientTape(\n", ("TFG000 broken.py:8",)),
    "uses_broken.py": (SCRIPT.format(imports="from broken import crush"), ()),
    "latin.py": (
        b"# coding: latin-1\n# \xe9\n" + SCRIPT.format(imports="from ops import crush").encode(),
        ("TFG204 ops.py:5",),
    ),
    "null.py": (SCRIPT.format(imports="from ops import crush") + "\0\n", ("TFG000 null.py:8",)),
    "huge.py": (
        SCRIPT.format(imports="from ops import crush") + "x = 1\n" * 20_001,
        ("TFG000 huge.py:1",),
    ),
    # A module that shadows TensorFlow: the name stands for the library all the same.
    "shadow/tensorflow.py": ("def round(x):\n    return x\n", ()),
    "shadow/main.py": (HERE + SCRIPT.format(imports=""), ("TFG204 shadow/main.py:5",)),
    # Two modules of one name, each beside the script that means it.
    "first/twin.py": (OPS, ()),
    "first/main.py": (SCRIPT.format(imports="from twin import crush"), ("TFG204 first/twin.py:5",)),
    "second/twin.py": (FLOWING, ()),
    "second/main.py": (SCRIPT.format(imports="from twin import crush"), ()),
    # A chain of imports, followed as far as the limit on files allows; and one beyond it.
    "near/main.py": (SCRIPT.format(imports="from m170 import crush"), ("TFG204 near/m200.py:5",)),
    **{f"near/m{n}.py": (f"from m{n + 1} import crush\n", ()) for n in range(170, 200)},
    "near/m200.py": (OPS, ()),
    "far/main.py": (SCRIPT.format(imports="from m0 import crush"), ()),
    **{f"far/m{n}.py": (f"from m{n + 1} import crush\n", ()) for n in range(200)},
    "far/m200.py": (OPS, ()),
}
FINDINGS = {line for _, told in FILES.values() for line in told}
#: flake8 tells of broken syntax by itself (E999) and asks no plugin.
LEFT_TO_FLAKE8 = {"TFG000 broken.py:8", "TFG000 null.py:8"}
_CAUSE = re.compile(r"\((\S+\.py):(\d+)\)")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, (text, _) in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / ".git").mkdir()
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "dangling.py").symlink_to("nowhere.py")
    (tmp_path / "again").symlink_to(".")
    os.mkfifo(tmp_path / "pipe.py")
    return tmp_path


def place(code: str, file: str, row: int | str, message: str) -> str:
    cause = _CAUSE.search(message)
    file, row = cause.groups() if cause else (file, row)
    return f"{code} {os.path.normpath(file)}:{row}"


def command(project: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tflint_grad", "--isolated", "--output-format=json", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1, "a summary and nothing else"
    return {
        place(one["code"], one["filename"], one["location"]["row"], one["message"])
        for one in json.loads(done.stdout)
    }


def test_the_command_tells_of_the_bad_and_lints_the_rest(project: Path) -> None:
    assert command(project, "--no-cache", "--jobs=1", ".") == FINDINGS
    assert command(project, "--no-cache", "--jobs=2", ".") == FINDINGS
    (project / "note.ipynb").write_text(json.dumps(NOTEBOOK))
    assert command(project, "--no-cache", "note.ipynb") == {"TFG204 ops.py:5"}


def test_what_is_remembered_is_the_same(project: Path) -> None:
    for _ in range(2):
        assert command(project, "--cache-dir=.remembered", ".") == FINDINGS


def test_flake8_says_the_same_but_for_what_it_cannot_parse(project: Path) -> None:
    pytest.importorskip("flake8")
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select=TFG", *FILES],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    found = set[str]()
    for line in done.stdout.splitlines():
        file, row, _, text = line.split(":", 3)
        code, message = text.strip().split(" ", 1)
        found.add(place(code, file, row, message))
    assert found == FINDINGS - LEFT_TO_FLAKE8
