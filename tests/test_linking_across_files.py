"""What a parameter is: told by its annotation, or by who calls the function, in whatever file.

The project has two models that offer the same, so that use alone cannot tell which one is meant; the
gradient is lost in one of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.knowledge.taught import NOTHING_TAUGHT
from tflint_grad.outline import Outline
from tflint_grad.project import Project
from tflint_grad.runs.analysis import analyse
from tflint_grad.source import SourceText

NET = """\
class {name}(tf.keras.Model):
    def __init__(self, units=3):
        super().__init__()
        self.dense = tf.keras.layers.Dense(units)

    def call(self, x):
        return {value}
"""
NETS = "import tensorflow as tf\n\n\n" + "\n\n".join(
    (
        NET.format(name="Hard", value="tf.round(self.dense(x))"),
        NET.format(name="Soft", value="tf.tanh(self.dense(x))"),
    )
)


def trainer(annotation: str = "", head: str = "") -> str:
    return (
        f"import tensorflow as tf\n{head}\n\ndef step(part{annotation}, x=None):\n"
        "    with tf.GradientTape() as tape:\n        loss = tf.reduce_sum(part(x))\n"
        "    return tape.gradient(loss, part.trainable_variables)\n"
    )


OBJECT = """\
import tensorflow as tf


class Trainer:
    def __init__(self, part):
        self.part = part

    def step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self.part(x))
        return tape.gradient(loss, self.part.trainable_variables)
"""
X = "tf.ones([1, 2])"
HEAD = "import tensorflow as tf\nfrom nets import Hard\nfrom trainer import step\n\n"

ANNOTATIONS = {
    "a class": trainer(": Hard", "from nets import Hard\n"),
    "of a module": trainer(": nets.Hard", "import nets\n"),
    "as text": trainer(": 'Hard'", "from nets import Hard\n"),
    "while type checking": trainer(
        ": 'Hard'",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nets import Hard\n",
    ),
    "optional": trainer(": Optional[Hard] = None", "from nets import Hard\n"),
    "or none": trainer(": Hard | None = None", "from nets import Hard\n"),
    "none or": trainer(": 'None | Hard' = None", "from nets import Hard\n"),
    "a union": trainer(
        ": typing.Union[Hard, None] = None", "import typing\nfrom nets import Hard\n"
    ),
    "annotated": trainer(": Annotated[Hard, 'frozen']", "from nets import Hard\n"),
}

# The files beside nets.py and a trainer without annotations.
CALLERS: dict[str, dict[str, str]] = {
    "a script": {"main.py": f"{HEAD}step(Hard(), {X})\n"},
    "a guarded script": {"main.py": f"{HEAD}if __name__ == '__main__':\n    step(Hard(), {X})\n"},
    "by other names": {
        "main.py": "import tensorflow as tf\nfrom nets import Hard as Net\n"
        f"from trainer import step as train\n\ntrain(Net(), {X})\n"
    },
    "by its module": {
        "main.py": "import nets, trainer\nimport tensorflow as tf\n\n\ndef main():\n"
        f"    net = nets.Hard()\n    trainer.step(net, {X})\n"
    },
    "imports in the function": {
        "main.py": "import tensorflow as tf\n\n\ndef main():\n    from nets import Hard as Net\n"
        f"    from trainer import step\n    step(Net(), {X})\n"
    },
    "a test": {
        "tests/test_step.py": f"{HEAD}class TestStep:\n    def test_it(self):\n        step(Hard(), {X})\n"
    },
    "a partial": {
        "main.py": f"{HEAD}from functools import partial\ntrain = partial(step, Hard())\n\n\n"
        f"def main():\n    train({X})\n"
    },
    "by keywords": {"main.py": f"{HEAD}given = dict(part=Hard(), x={X})\nstep(**given)\n"},
    "a function between": {
        "main.py": f"{HEAD}def fit(net):\n    step(net, {X})\n\n\ndef main():\n    fit(Hard())\n"
    },
    "a file between": {
        "loop.py": "from trainer import step\n\n\ndef fit(net, data):\n    for x in data:\n"
        "        step(net, x)\n",
        "main.py": "import tensorflow as tf\nfrom loop import fit\nfrom nets import Hard\n\n"
        f"fit(Hard(), [{X}])\n",
    },
    "two files between": {
        "loop.py": "from trainer import step as train\n\n\ndef fit(net, x):\n    train(net, x)\n",
        "api.py": "import loop\n\n\ndef run(net, x):\n    return loop.fit(net, x)\n",
        "main.py": "import tensorflow as tf\nfrom api import run\nfrom nets import Hard\n\n"
        f"run(Hard(), {X})\n",
    },
}


def shown(root: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    """Code and place of the findings of the trainer alone."""
    (root / ".git").mkdir(parents=True)
    for name, text in {"nets.py": NETS, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    reports = lint_files([str(root / "trainer.py")], SettingsFinder(isolated=True))
    return [(one.code, Path(one.filename).name) for report in reports for one in report.findings]


@pytest.mark.parametrize("how", ANNOTATIONS)
def test_an_annotation_tells(how: str, tmp_path: Path) -> None:
    text = ANNOTATIONS[how]
    assert shown(tmp_path / "hard", {"trainer.py": text}) == [("TFG204", "trainer.py")]
    assert shown(tmp_path / "soft", {"trainer.py": text.replace("Hard", "Soft")}) == []


@pytest.mark.parametrize("who", CALLERS)
def test_a_caller_tells(who: str, tmp_path: Path) -> None:
    files = {"trainer.py": trainer(), **CALLERS[who]}
    assert shown(tmp_path / "hard", files) == [("TFG204", "trainer.py")]
    soft = {name: text.replace("Hard", "Soft") for name, text in files.items()}
    assert shown(tmp_path / "soft", soft) == []


@pytest.mark.parametrize("use", ["Trainer(Hard())", f"Trainer(Hard()).step({X})"])
def test_an_object_is_what_it_was_made_with(use: str, tmp_path: Path) -> None:
    main = f"import tensorflow as tf\nfrom nets import Hard\nfrom trainer import Trainer\n\n{use}\n"
    assert shown(tmp_path, {"trainer.py": OBJECT, "main.py": main}) == [("TFG204", "trainer.py")]


def test_without_evidence_it_stays_unknown(tmp_path: Path) -> None:
    assert shown(tmp_path, {"trainer.py": trainer()}) == []


MODULE = """\
import tensorflow as tf


class Cleaner(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(1.0)

    def __call__(self, x):
        return tf.round(self.w * x)
"""


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [("", [("TFG204", "trainer.py")]), (": tf.keras.Model", [])],
)
def test_what_is_called_a_model_is_no_other_module(
    annotation: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    files = {"trainer.py": trainer(annotation), "cleaner.py": MODULE, "nets.py": ""}
    assert shown(tmp_path, files) == expected


def test_a_decorator_is_no_step_of_the_way(tmp_path: Path) -> None:
    test = (
        "import pytest\n"
        + HEAD
        + '@pytest.mark.parametrize("x", [1.0])\ndef test_step(x):\n    step(Hard(), x)\n'
    )
    (tmp_path / ".git").mkdir()
    for name, text in {"nets.py": NETS, "trainer.py": trainer(), "test_it.py": test}.items():
        (tmp_path / name).write_text(text)
    (report,) = lint_files([str(tmp_path / "trainer.py")], SettingsFinder(isolated=True))
    (finding,) = report.findings
    calls = [step for step in finding.trace if step.message == "called from here"]
    assert [(Path(step.filename).name, step.location.row) for step in calls] == [
        ("test_it.py", test.count("\n")),
        ("trainer.py", 6),
    ]


# --- by use: the class that offers what is used of a parameter

HARD = NET.format(name="Hard", value="tf.round(self.dense(x))")
LAYER = """\
class Rounded(tf.keras.layers.Dense):
    def call(self, x):
        return tf.round(super().call(x))
"""


@pytest.mark.parametrize(
    ("annotation", "nets"),
    [
        ("", HARD),
        (": tf.keras.Model", HARD),
        (": tf.keras.layers.Layer", LAYER),
        # A class that cannot be called, and one of which the other is made, are no alternatives.
        ("", HARD + "\n\nclass Store(tf.Module):\n    limit = 1\n"),
        ("", HARD.replace("Hard", "Base") + "\n\nclass Hard(Base):\n    rate = 1\n"),
        (": tf.keras.Model", HARD + "\n\n" + MODULE.partition("\n\n\n")[2]),
    ],
)
def test_the_only_class_that_fits_is_meant(annotation: str, nets: str, tmp_path: Path) -> None:
    files = {"trainer.py": trainer(annotation), "nets.py": "import tensorflow as tf\n\n\n" + nets}
    assert shown(tmp_path, files) == [("TFG204", "trainer.py")]


@pytest.mark.parametrize(("name", "found"), [("hard", ["TFG204"]), ("soft", []), ("part", [])])
def test_of_several_the_one_that_the_parameter_is_called_after(
    name: str, found: list[str], tmp_path: Path
) -> None:
    files = {"trainer.py": trainer().replace("part", name)}
    assert [code for code, _ in shown(tmp_path, files)] == found


class Outlining(Project):
    """A project that tells which of its files were parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.parsed: list[str] = []

    def outline(self, path: str) -> Outline | None:
        self.parsed.append(Path(path).name)
        return super().outline(path)


@pytest.mark.parametrize(
    ("name", "parsed"), [("part", []), ("model", []), ("hard", ["nets.py"]), ("net", [])]
)
def test_no_file_is_parsed_to_learn_that_several_would_do(
    name: str, parsed: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "nets.py").write_text(NETS)
    text = trainer().replace("part", name)
    project = Outlining()
    analyse(SourceText.from_text(text, str(tmp_path / "trainer.py")), project, NOTHING_TAUGHT)
    assert project.parsed == parsed


# --- callers that lead nowhere


def caller(steps: int) -> str:
    """A script that does something else for a while before it calls."""
    other = "".join(f"    {n} + {n}\n" for n in range(steps // 4))
    return f"{HEAD}def main():\n{other}    step(Hard(), {X})\n"


def test_a_caller_that_does_not_come_soon_is_no_evidence(tmp_path: Path) -> None:
    files = {"trainer.py": trainer(), "main.py": caller(steps=300)}
    assert shown(tmp_path / "soon", files) == [("TFG204", "trainer.py")]
    assert shown(tmp_path / "late", {**files, "main.py": caller(steps=1_000)}) == []


def test_who_has_come_may_go_on(tmp_path: Path) -> None:
    soft = caller(steps=300).replace("Hard()", "Soft()").replace("Hard\n", "Hard, Soft\n")
    between = caller(steps=1_000).partition("main():\n")[2]
    files = {"trainer.py": trainer(), "main.py": soft + between}
    assert shown(tmp_path, files) == [("TFG204", "trainer.py")]
