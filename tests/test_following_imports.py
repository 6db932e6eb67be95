"""Whatever way an import is written, the gradient is followed through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files

CUT = "import tensorflow as tf\n\n\ndef crush(v):\n    return tf.round(v)\n"
TAPE = """\
import tensorflow as tf
{import_}

w = tf.Variable([0.3, 1.6])


def step(x):
{inside}    with tf.GradientTape() as tape:
        loss = tf.reduce_sum({call}(w * x))
    return tape.gradient(loss, w)
"""
INIT = {"lib/__init__.py": ""}


def tape(import_: str = "", call: str = "crush", inside: str = "") -> str:
    return TAPE.format(import_=import_, call=call, inside=f"    {inside}\n" if inside else "")


# Each case: the files beside the one with the pitfall, where that lies, and who has the tape.
WAYS: dict[str, tuple[dict[str, str], str, str]] = {
    "a name": ({"main.py": tape("from ops import crush")}, "ops.py", "main.py"),
    "a module": ({"main.py": tape("import ops", "ops.crush")}, "ops.py", "main.py"),
    "a module by another name": (
        {"main.py": tape("import ops as o", "o.crush")},
        "ops.py",
        "main.py",
    ),
    "a name by another name": (
        {"main.py": tape("from ops import crush as press", "press")},
        "ops.py",
        "main.py",
    ),
    "a module of a package": (
        {**INIT, "main.py": tape("import lib.ops", "lib.ops.crush")},
        "lib/ops.py",
        "main.py",
    ),
    "a module of a package by another name": (
        {**INIT, "main.py": tape("import lib.ops as o", "o.crush")},
        "lib/ops.py",
        "main.py",
    ),
    "a module from a package": (
        {**INIT, "main.py": tape("from lib import ops", "ops.crush")},
        "lib/ops.py",
        "main.py",
    ),
    "relative, beside": (
        {**INIT, "lib/a.py": tape("from .ops import crush")},
        "lib/ops.py",
        "lib/a.py",
    ),
    "relative, the module": (
        {**INIT, "lib/a.py": tape("from . import ops", "ops.crush")},
        "lib/ops.py",
        "lib/a.py",
    ),
    "relative, above": (
        {**INIT, "lib/in_/__init__.py": "", "lib/in_/a.py": tape("from ..ops import crush")},
        "lib/ops.py",
        "lib/in_/a.py",
    ),
    "relative, above, the module": (
        {
            **INIT,
            "lib/in_/__init__.py": "",
            "lib/in_/a.py": tape("from .. import ops", "ops.crush"),
        },
        "lib/ops.py",
        "lib/in_/a.py",
    ),
    "passed on by the package": (
        {"lib/__init__.py": "from .ops import crush\n", "main.py": tape("from lib import crush")},
        "lib/ops.py",
        "main.py",
    ),
    "passed on by the package under another name": (
        {
            "lib/__init__.py": "from .ops import crush as press\n",
            "main.py": tape("import lib", "lib.press"),
        },
        "lib/ops.py",
        "main.py",
    ),
    "passed on twice": (
        {
            "lib/__init__.py": "from .inner import *\n",
            "lib/inner/__init__.py": "from .ops import crush\n",
            "main.py": tape("from lib import crush"),
        },
        "lib/inner/ops.py",
        "main.py",
    ),
    "passed on by assignment": (
        {
            "lib/__init__.py": "from . import ops\n\npress = ops.crush\n",
            "main.py": tape("from lib import press", "press"),
        },
        "lib/ops.py",
        "main.py",
    ),
    "everything": ({"main.py": tape("from ops import *")}, "ops.py", "main.py"),
    "everything that __all__ names": (
        {
            "lib/__init__.py": 'from .ops import *\n\n__all__ = ["crush"]\n',
            "main.py": tape("from lib import *"),
        },
        "lib/ops.py",
        "main.py",
    ),
    "all that two modules name": (
        {
            "lib/__init__.py": "from . import other\nfrom .ops import *\n"
            "__all__ = other.__all__ + ['crush']\n",
            "lib/other.py": "__all__ = ['x']\nx = 1\n",
            "main.py": tape("from lib import *"),
        },
        "lib/ops.py",
        "main.py",
    ),
    "in the function": (
        {"main.py": tape(inside="from ops import crush")},
        "ops.py",
        "main.py",
    ),
    "in the function, relative": (
        {**INIT, "lib/a.py": tape(inside="from .ops import crush")},
        "lib/ops.py",
        "lib/a.py",
    ),
    "with a fallback": (
        {"main.py": tape("try:\n    from ops import crush\nexcept ImportError:\n    crush = None")},
        "ops.py",
        "main.py",
    ),
    "under a condition that holds": (
        {"main.py": tape("if True:\n    from ops import crush")},
        "ops.py",
        "main.py",
    ),
    "in a circle": (
        {
            **INIT,
            "lib/a.py": tape("from lib import b", "b.crush"),
            "lib/b.py": "from lib import a\nfrom lib.ops import crush\n",
        },
        "lib/ops.py",
        "lib/a.py",
    ),
    "a package without __init__": (
        {"main.py": tape("from lib.ops import crush")},
        "lib/ops.py",
        "main.py",
    ),
    "a package without __init__, from a script": (
        {"pyproject.toml": "", "scripts/go.py": tape("from lib.deep.ops import crush")},
        "lib/deep/ops.py",
        "scripts/go.py",
    ),
    "a src layout, from the tests": (
        {
            "pyproject.toml": "",
            "src/lib/__init__.py": "",
            "tests/test_a.py": tape("from lib.ops import crush"),
        },
        "src/lib/ops.py",
        "tests/test_a.py",
    ),
    "a src layout, by its full name": (
        {
            "pyproject.toml": "",
            "src/lib/__init__.py": "",
            "src/lib/a.py": tape("from lib.ops import crush"),
        },
        "src/lib/ops.py",
        "src/lib/a.py",
    ),
    "from another project of the repository": (
        {
            "one/setup.py": "",
            "two/setup.py": "",
            "two/lib/__init__.py": "",
            "one/go.py": tape("from lib.ops import crush"),
        },
        "two/lib/ops.py",
        "one/go.py",
    ),
    "beside a script in a folder of scripts": (
        {"pyproject.toml": "", "experiments/a/go.py": tape("from ops import crush")},
        "experiments/a/ops.py",
        "experiments/a/go.py",
    ),
    "while type checking, and in the function": (
        {
            "main.py": tape(
                "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from other import crush",
                inside="from ops import crush",
            )
        },
        "ops.py",
        "main.py",
    ),
    "when it is asked for": (
        {
            "lib/__init__.py": "import importlib\n\n\n"
            "def __getattr__(name):\n    return getattr(importlib.import_module('lib.ops'), name)\n",
            "main.py": tape("from lib.ops import crush"),
        },
        "lib/ops.py",
        "main.py",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_pitfall_behind_an_import(way: str, tmp_path: Path) -> None:
    files, cause, asked = WAYS[way]
    (tmp_path / ".git").mkdir()
    for name, text in {**files, cause: CUT}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    names = [str(tmp_path / name) for name in (asked, cause)]
    reports = lint_files(names, SettingsFinder(isolated=True))
    found = [finding for report in reports for finding in report.findings]
    assert [(one.code, one.filename, one.location.row) for one in found] == [
        ("TFG204", str(tmp_path / cause), 5)
    ]
