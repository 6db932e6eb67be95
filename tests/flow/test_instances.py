"""An instance of another file's class is constructed when somebody asks for what it holds.

Nobody can tell: the findings are the same as if the constructor had run where its call stands.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.flow.program import Program
from tflint_grad.outline import outline
from tflint_grad.project import Project
from tflint_grad.source import source_from_bytes

IMPORT = "import tensorflow as tf\n"
NET = """\
class Net(tf.Module):
    def __init__(self, units=3):
        super().__init__()
        self.activation = tf.round
        self.w = tf.Variable(tf.ones([2, units]))

    def __call__(self, x):
        return self.activation(tf.matmul(x, self.w))
"""
STEP = """\
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(net(tf.ones([1, 2])))
gradients = tape.gradient(loss, net.trainable_variables)
"""


def written(folder: Path, **files: str) -> None:
    (folder / ".git").mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(IMPORT + text)


def codes(folder: Path, **files: str) -> list[str]:
    written(folder, **files)
    paths = [str(folder / f"{name}.py") for name in files]
    reports = lint_files(paths, SettingsFinder(isolated=True))
    return [finding.code for report in reports for finding in report.findings]


def executed(folder: Path, **files: str) -> Program:
    written(folder, **files)
    path = folder / "train.py"
    program = Program(outline(source_from_bytes(path.read_bytes(), str(path))), Project())
    program.run()
    return program


MAKERS = {
    "made by the module": "net = Net()\n",
    "made in a branch": "net = Net() if tf.config.list_physical_devices() else Net(4)\n",
    "made by a function": "def build():\n    return Net()\n\n\nnet = build()\n",
    "made for another one": "class Holder:\n    def __init__(self):\n        self.net = Net()\n\n\n"
    "net = Holder().net\n",
    "made in a list": "nets = [Net() for _ in range(2)]\nnet = nets[0]\n",
    "first asked under the tape": "net = Net()\n",
    "asked for one thing before": "net = Net()\nprint(net.activation)\n",
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_what_the_constructor_holds_is_there_when_it_is_asked_for(
    tmp_path: Path, maker: str
) -> None:
    assert codes(tmp_path, nets=NET, train=f"from nets import Net\n\n{maker}{STEP}") == ["TFG204"]


def test_variables_of_a_constructor_that_waited_were_made_before_the_tape(tmp_path: Path) -> None:
    net = NET.replace("tf.round", "tf.tanh")
    assert codes(tmp_path, nets=net, train=f"from nets import Net\n\nnet = Net()\n{STEP}") == []


def test_what_is_assigned_from_outside_wins_over_the_constructor(tmp_path: Path) -> None:
    train = f"from nets import Net\n\nnet = Net()\nnet.activation = tf.tanh\n{STEP}"
    assert codes(tmp_path, nets=NET, train=train) == []


def test_a_base_of_another_file_is_constructed_for_its_heir(tmp_path: Path) -> None:
    heir = "class Mine(Net):\n    def __init__(self):\n        super().__init__(4)\n\n\n"
    train = f"from nets import Net\n\n{heir}net = Mine()\n{STEP}"
    assert codes(tmp_path, nets=NET, train=train) == ["TFG204"]


CONFIG = ("class Config:\n    activation = tf.tanh\n\n\ngiven = Config()", "given.activation")
TABLE = ("given = {'activation': tf.tanh}", "given['activation']")
PARTS = ("given = []", "given[0]")
CHANGES = {
    "an attribute of what is given": (*CONFIG, "given.activation = tf.round"),
    "an attribute by another name": (*CONFIG, "own = given\n        own.activation = tf.round"),
    "an item of what is given": (*TABLE, "given['activation'] = tf.round"),
    "a list that is given": (*PARTS, "given.append(tf.round)"),
    "a list that is held": (*PARTS, "self.parts = given\n        self.parts.append(tf.round)"),
    "by a function": (*PARTS, "fill(given)\n\n\ndef fill(a):\n    a.append(tf.round)"),
    "by a method": (
        *PARTS,
        "self.fill(given)\n\n    def fill(self, a):\n        a.append(tf.round)",
    ),
}


@pytest.mark.parametrize(("makes", "reads", "change"), CHANGES.values(), ids=CHANGES)
def test_a_constructor_that_changes_what_is_given_does_not_wait(
    tmp_path: Path, makes: str, reads: str, change: str
) -> None:
    holder = f"class Holder:\n    def __init__(self, given):\n        {change}\n"
    train = (
        f"from holders import Holder\n\n{makes}\nHolder(given)\nw = tf.Variable(1.5)\n"
        f"with tf.GradientTape() as tape:\n    loss = {reads}(w)\nprint(tape.gradient(loss, w))\n"
    )
    assert codes(tmp_path, holders=holder, train=train) == ["TFG204"]


SPEC = """\
class Spec:
    def __init__(self, low):
        self.low, self.high = low + 1, low + 2

    def size(self):
        return 2
"""
USE = """\
from specs import Spec


def step(w):
    spec = Spec(3)
    {use}
    with tf.GradientTape() as tape:
        loss = w * w
    return tape.gradient(loss, w)
"""


@pytest.mark.parametrize(
    ("use", "waiting"),
    [("pass", 1), ("spec.size()", 1), ("spec.high", 0), ("spec.high = 3", 0)],
)
def test_nobody_constructs_what_nobody_asks(tmp_path: Path, use: str, waiting: int) -> None:
    program = executed(tmp_path, specs=SPEC, train=USE.format(use=use))
    assert len(program.waiting) == waiting
