"""What a configuration says of functions is believed: each word gives its finding, or silence."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tflint_grad.cli import main
from tflint_grad.findings import Finding
from tflint_grad.outline import outline
from tflint_grad.project import Project
from tflint_grad.rules import RULES, check
from tflint_grad.source import SourceText
from tflint_grad.teaching import taught_functions

BARE = """
import tensorflow as tf
from mylib.ops import fn

w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(fn(w * 2.0))
gradient = tape.gradient(loss, w)
"""
BESIDE = BARE.replace("fn(w * 2.0)", "fn(w) + w")
TRACED = """
import tensorflow as tf
import mylib.ops

@tf.function
def doubled(x):
    return mylib.ops.fn(x) * 2.0

with tf.GradientTape() as tape:
    y = tf.constant(1.0)
    tape.watch(y)
    z = y + doubled(y)
gradient = tape.gradient(z, y)
"""
STEP = """
import tensorflow as tf
import numpy as np
import mylib

w = tf.Variable([1.0, 2.0])

def loss(x):
    return {}

mylib.step(loss)
"""


def needs(code: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(code not in RULES, reason=f"{code} is not yet a rule")


def findings(
    text: str, table: dict[str, dict[str, object]], path: Path | None = None
) -> list[Finding]:
    taught = taught_functions(table)
    project = None
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        project = Project()
    source = SourceText.from_text(dedent(text), str(path or "train.py"))
    found = check(outline(source, roots=taught.roots, breaks=taught.breaks), None, project, taught)
    return [finding for finding in found if finding.code != "TFG101"]


def told(text: str, *, path: Path | None = None, **table: dict[str, object]) -> list[str]:
    """Code and consequence of each finding; underscores of the keywords stand for dots."""
    named = {name.replace("__", "."): said for name, said in table.items()}
    return [f"{finding.code} {finding.consequence}" for finding in findings(text, named, path)]


@pytest.mark.parametrize(
    ("said", "bare", "beside"),
    [
        ({"gradient": "flows"}, [], []),
        ({"gradient": "none"}, ["TFG204 gradient-none"], []),
        pytest.param({"gradient": "zero"}, ["TFG206 gradient-zero"], [], marks=needs("TFG206")),
        pytest.param(
            {"gradient": "raises"}, ["TFG207 raises"], ["TFG207 raises"], marks=needs("TFG207")
        ),
        ({"gradient": "constant"}, [], []),
        ({"returns": "numpy"}, ["TFG201 gradient-none"], ["TFG201 gradient-wrong"]),
        ({"returns": "python"}, ["TFG201 gradient-none"], ["TFG201 gradient-wrong"]),
        (
            {"returns": "numpy", "gradient": "none"},
            *(["TFG201 gradient-" + c] for c in ("none", "wrong")),
        ),
        ({"returns": "numpy", "gradient": "constant"}, [], []),
        ({"returns": "tensor"}, [], []),
        ({"returns": "tensor", "gradient": "none"}, ["TFG204 gradient-none"], []),
        ({"calls": "argument 0"}, [], []),
    ],
)
def test_each_word_gives_its_finding_and_is_silent_where_another_way_is_live(
    said: dict[str, object], bare: list[str], beside: list[str]
) -> None:
    assert told(BARE, mylib__ops__fn=said) == bare
    assert told(BESIDE, mylib__ops__fn=said) == beside


def test_the_message_says_who_says_so() -> None:
    (finding,) = findings(BARE, {"mylib.ops.fn": {"gradient": "none"}})
    assert finding.message.startswith("fn(...), as the configuration says, has no gradient: ")
    (finding,) = findings(BARE, {"mylib.ops.fn": {"returns": "numpy"}})
    assert "fn(...), as the configuration says, takes 'w * 2.0' out of Tensor" in finding.message


def test_a_name_that_is_not_taught_stays_unknown() -> None:
    assert told(BARE, otherlib__ops__fn={"gradient": "none"}) == []
    assert told(BARE, mylib__fn={"gradient": "none"}) == []


def test_what_flows_is_known_to_flow() -> None:
    """A step that is sure makes a later cut a proof, not a guess."""
    text = BARE.replace("fn(w * 2.0)", "tf.round(fn(w * 2.0))")
    (unknown,) = findings(text, {}) or [None]
    (known,) = findings(text, {"mylib.ops.fn": {"gradient": "flows"}})
    assert str(known.confidence) == "proven"
    assert unknown is None or str(unknown.confidence) == "likely"


def test_several_results_may_be_unpacked() -> None:
    text = BARE.replace("loss = tf.reduce_sum(fn(w * 2.0))", "loss, more = fn(w * 2.0)")
    assert told(text, mylib__ops__fn={"gradient": "flows"}) == []
    assert told(text, mylib__ops__fn={"gradient": "none"}) == ["TFG204 gradient-none"]


def test_a_host_function_raises_on_a_symbolic_tensor() -> None:
    assert told(TRACED, mylib__ops__fn={"returns": "numpy"}) == ["TFG201 raises"]
    assert told(TRACED, mylib__ops__fn={"returns": "python", "gradient": "constant"}) == []
    assert told(TRACED, mylib__ops__fn={"gradient": "none"}) == []


def test_what_the_configuration_says_of_tensorflow_wins_over_the_tables() -> None:
    text = BARE.replace("fn(w * 2.0)", "tf.round(w)")
    assert told(text) == ["TFG204 gradient-none"]
    assert told(text, tensorflow__round={"gradient": "flows"}) == []


def test_methods_of_classes_of_a_library_may_be_taught() -> None:
    text = BARE.replace("import fn", "import Norm").replace("fn(w", "Norm().apply(w")
    assert told(text, mylib__ops__Norm__apply={"gradient": "none"}) == ["TFG204 gradient-none"]
    assert told(text, mylib__ops__Norm__apply={"gradient": "flows"}) == []


HOOK = """
import tensorflow as tf
import mylib

class Norm(tf.keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=shape)

    def call(self, inputs):
        return mylib.fn(inputs * self.scale)
"""


def test_a_hook_of_keras_is_looked_at_for_the_sake_of_a_taught_function_alone() -> None:
    assert told(HOOK, mylib__fn={"gradient": "none"}) == ["TFG204 gradient-none"]
    assert told(HOOK, mylib__fn={"returns": "numpy"}) == ["TFG201 raises"]
    assert told(HOOK, mylib__fn={"gradient": "flows"}) == []
    assert told(HOOK) == []


# --- functions of the project


def test_what_is_said_of_a_function_of_the_file_wins_over_its_body() -> None:
    text = BARE.replace("from mylib.ops import fn\n", "def fn(x):\n    return tf.round(x)\n")
    assert told(text) == ["TFG204 gradient-none"]
    assert told(text, train__fn={"gradient": "flows"}) == []
    assert told(text, other__fn={"gradient": "flows"}) == ["TFG204 gradient-none"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "mylib" / "impl"
    folder.mkdir(parents=True)
    (tmp_path / "mylib" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (tmp_path / "mylib" / "ops.py").write_text("from .impl.norm import fn\n")
    (folder / "norm.py").write_text(
        "import tensorflow as tf\n\n\ndef fn(x):\n    return tf.round(x)\n\n\n"
        "class Norm:\n    def fn(self, x):\n        return tf.round(x)\n"
    )
    return tmp_path


@pytest.mark.parametrize("name", ["mylib.impl.norm.fn", "mylib.ops.fn"])
def test_a_function_of_the_project_is_known_by_its_own_name_and_by_that_of_a_re_export(
    package: Path, name: str
) -> None:
    path = package / "train.py"
    assert [f.code for f in findings(BARE, {}, path)] == ["TFG204"]
    assert findings(BARE, {name: {"gradient": "flows"}}, path) == []
    (finding,) = findings(BARE, {name: {"gradient": "none"}}, path)
    assert (finding.code, finding.filename) == ("TFG204", str(path))


def test_a_function_of_the_same_name_elsewhere_is_another_one(package: Path) -> None:
    found = findings(BARE, {"mylib.impl.fn": {"gradient": "flows"}}, package / "train.py")
    assert [finding.code for finding in found] == ["TFG204"]


def test_a_method_of_the_project_may_be_taught(package: Path) -> None:
    text = BARE.replace("mylib.ops import fn", "mylib.impl.norm import Norm")
    text = text.replace("fn(w", "Norm().fn(w")
    path = package / "train.py"
    assert [f.code for f in findings(text, {}, path)] == ["TFG204"]
    assert findings(text, {"mylib.impl.norm.Norm.fn": {"gradient": "flows"}}, path) == []
    assert findings(text, {"mylib.impl.norm.fn": {"gradient": "flows"}}, path) != []


def test_what_a_relative_import_leaves_unfound_is_known_by_the_end_of_its_name(
    package: Path,
) -> None:
    """An extension module has no source that could be read."""
    text = BARE.replace("mylib.ops", "._fast")
    path = package / "mylib" / "train.py"
    found = findings(text, {"mylib._fast.fn": {"gradient": "none"}}, path)
    assert [finding.code for finding in found] == ["TFG204"]


# --- functions that call what they are given


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("tf.reduce_sum(tf.round(w * x))", ["TFG204 gradient-none"]),
        ("tf.reduce_sum(tf.round(x))", ["TFG204 gradient-none"]),
        ("tf.reduce_sum(w) + np.std(w)", ["TFG201 gradient-wrong"]),
        ("np.sum(w * x)", ["TFG201 raises"]),
        ("tf.reduce_sum(w * x)", []),
        ("tf.reduce_sum(w * x) + tf.round(w)[0]", []),
        ("tf.reduce_sum(w) + np.mean(x)", []),
        ("tf.reduce_sum(w), tf.round(w).numpy()", []),
        ("elsewhere(tf.round(w))", []),
        ("None", []),
    ],
)
def test_a_function_handed_to_one_that_opens_a_tape_is_asked_for_its_gradient(
    body: str, expected: list[str]
) -> None:
    text = STEP.format(body)
    assert told(text, mylib__step={"calls": "argument 0 under a tape"}) == expected
    assert told(text, mylib__step={"calls": "argument 0"}) == []
    assert told(text) == []


def test_the_trace_leads_from_the_call_to_the_break() -> None:
    table: dict[str, dict[str, object]] = {"mylib.step": {"calls": "argument 0 under a tape"}}
    (finding,) = findings(STEP.format("tf.reduce_sum(tf.round(w))"), table)
    assert finding.location.row == 9
    assert "the gradient of what loss returns with respect to 'w' will be None" in finding.message
    assert [(step.message, step.location.row) for step in finding.trace] == [
        ("called from here", 11),
        ("broken here", 9),
        ("asked for here", 11),
    ]


@pytest.mark.parametrize(
    ("call", "calls"),
    [
        ("mylib.step(1, loss)", "argument 1 under a tape"),
        ("mylib.step(fn=loss)", "argument fn under a tape"),
        ("mylib.step(loss, loss)", ["argument 1", "argument 0 under a tape"]),
        ("mylib.step(lambda: loss(1.0))", "argument 0 under a tape"),
        ("mylib.step(functools.partial(loss, 1.0))", "argument 0 under a tape"),
        ("mylib.step(Loss())", "argument 0 under a tape"),
        ("mylib.step(Loss().of)", "argument 0 under a tape"),
    ],
)
def test_the_function_is_found_by_position_or_by_name(call: str, calls: object) -> None:
    text = STEP.format("tf.reduce_sum(tf.round(w * x))").replace("mylib.step(loss)", call)
    text = text.replace("import mylib", "import mylib, functools").replace(
        "mylib.step",
        "class Loss:\n"
        "    def of(self, x):\n        return loss(x)\n"
        "    def __call__(self, x):\n        return loss(x)\n\n"
        "mylib.step",
    )
    assert told(text, mylib__step={"calls": calls}) == ["TFG204 gradient-none"]


def test_what_a_called_function_returns_may_come_out() -> None:
    text = BARE.replace("fn(w * 2.0)", "fn(lambda: tf.round(w))")
    said: dict[str, object] = {"calls": "argument 0", "gradient": "flows"}
    assert told(text, mylib__ops__fn=said) == ["TFG204 gradient-none"]
    assert told(text.replace("tf.round", "tf.exp"), mylib__ops__fn=said) == []


# --- the whole way


def test_the_command_reads_the_table_and_lints_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No word of a tape is in the file, but a function that opens one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(STEP.format("tf.reduce_sum(mylib.norm(w))"))
    table = '[tool.tflint-grad.functions]\n"mylib.step" = { calls = "argument 0 under a tape" }\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert main(["train.py"]) == 0
    (tmp_path / "pyproject.toml").write_text(table + '"mylib.norm" = { gradient = "none" }\n')
    assert main(["train.py", "--output-format=concise"]) == 1
    assert capsys.readouterr().out.startswith("train.py:9:26: TFG204 mylib.norm(...), as the con")
    (tmp_path / "pyproject.toml").write_text(table + '"mylib.norm" = { gradient = "nun" }\n')
    assert main(["train.py"]) == 2
    assert "mylib.norm: gradient must be one of" in capsys.readouterr().err
