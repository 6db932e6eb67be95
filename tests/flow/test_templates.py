"""A base class opens the tape: what its subclasses define is executed under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.flow import run
from tflint_grad.outline import outline
from tflint_grad.source import SourceText

BASE = """\
import tensorflow as tf


class Trainer:
    def __init__(self):
        self.w = tf.Variable([0.3, 1.6])

    def activate(self, v):
        raise NotImplementedError

    def step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self.activate(self.w * x))
        return tape.gradient(loss, self.w)
"""
CUT = "return tf.round(v)"


def subclass(name: str, body: str = CUT, base: str = "Trainer") -> str:
    return f"\n\nclass {name}({base}):\n    def activate(self, v):\n        {body}\n"


def places(tmp_path: Path, **files: str) -> list[tuple[str, int]]:
    (tmp_path / ".git").mkdir()
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    names = sorted(str(tmp_path / f"{name}.py") for name in files)
    reports = lint_files(names, SettingsFinder(isolated=True))
    found = [finding for report in reports for finding in report.findings]
    assert {finding.code for finding in found} <= {"TFG204"}
    return sorted((Path(one.filename).stem, one.location.row) for one in found)


IMPORTS = ("import tensorflow as tf\n", "from base import Trainer\n")


@pytest.mark.parametrize(
    "head",
    [
        "".join(IMPORTS) + subclass("Binary"),
        "import base\nimport tensorflow as tf\n" + subclass("Binary", base="base.Trainer"),
        "".join(IMPORTS) + subclass("Soft", "return tf.tanh(v)") + subclass("Binary", base="Soft"),
        "import tensorflow as tf\nfrom base import Trainer as Parent\n"
        + subclass("Binary", base="Parent"),
        "".join(IMPORTS) + subclass("Binary", base="object, Trainer"),
    ],
)
def test_a_subclass_in_another_file(head: str, tmp_path: Path) -> None:
    (place,) = places(tmp_path, base=BASE, binary=head)
    assert place == ("binary", head.count("\n"))


def test_each_of_several_subclasses_in_the_same_file(tmp_path: Path) -> None:
    text = BASE + subclass("Soft", "return tf.tanh(v)") + subclass("Hard") + subclass("Harder")
    rows = [row for row, line in enumerate(text.splitlines(), start=1) if CUT in line]
    assert places(tmp_path, base=text) == [("base", row) for row in rows]


def test_a_mixin_asks_what_the_class_beside_it_defines(tmp_path: Path) -> None:
    mixin = BASE.replace("    def activate(self, v):\n        raise NotImplementedError\n\n", "")
    user = (
        "import tensorflow as tf\nfrom mixin import Trainer\n\n\nclass Hard:\n"
        f"    def activate(self, v):\n        {CUT}\n\n\nclass Net(Trainer, Hard):\n    pass\n"
    )
    assert places(tmp_path, mixin=mixin, user=user) == [("user", 7)]


def test_a_subclass_with_a_step_of_its_own_does_not_run_its_parents(tmp_path: Path) -> None:
    own = "\n    def step(self, x):\n        return self.activate(x)\n"
    assert places(tmp_path, base=BASE + subclass("Binary") + own) == []


def test_the_base_class_is_executed_for_itself_too(tmp_path: Path) -> None:
    concrete = BASE.replace("raise NotImplementedError", CUT)
    soft = subclass("Soft", "return tf.tanh(v)")
    assert places(tmp_path, base=concrete + soft) == [("base", 9)]


def steps(text: str) -> int:
    return run(outline(SourceText.from_text(text, "trainer.py"))).steps


def test_what_a_subclass_does_not_define_is_not_executed_for_it_again() -> None:
    root = "class Root:\n    def activate(self, v):\n        return tf.tanh(v)\n\n\n"
    template = BASE.replace("class Trainer:", root + "class Trainer(Root):").replace(
        "    def activate(self, v):\n        raise NotImplementedError\n\n", ""
    )
    other = "\n\nclass Net(Trainer):\n    def describe(self):\n        return 1\n"
    alone = steps(template)
    assert steps(template + other) - alone < 10
    assert steps(template + subclass("Net", "return tf.tanh(v)")) - alone > 20
