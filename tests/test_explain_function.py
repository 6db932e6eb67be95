"""`--explain-function`: the text that a user reads, for every kind of function."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tflint_grad.cli import main
from tflint_grad.config import SettingsFinder, UsageError
from tflint_grad.explain import explain_function
from tflint_grad.knowledge import table

LOSSES = """
import elsewhere, functools
import numpy as np
import tensorflow as tf
from .deep import hard

w = tf.Variable(1.0)

def smooth(clean, restored, weight=0.1, training=False):
    error = tf.reduce_mean((clean - restored) ** 2)
    if training:
        tf.print(error)
    return error + weight * np.std(restored)

def several(batch, step):
    x = batch["image"]
    return {"loss": tf.reduce_sum(x * w), "parts": [hard(x), tf.sign(step)]}

@tf.function
def graph(x, *, y):
    return tf.cast(tf.cast(x, tf.int32), tf.float32)

def each(xs):
    for x in xs:
        yield x * 2, tf.round(x)

def unknown(x):
    import other
    return other.thing(x)

def nothing(x):
    print(x)

def guarded(x, y=None):
    if y is None:
        return None
    return x * y

@tf.custom_gradient
def custom(x):
    return x, lambda dy: dy

@elsewhere.decorated
def decorated(x):
    return x

def always(x):
    raise NotImplementedError

class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(3)
        self.offset = tf.Variable(2.0)

    def call(self, inputs, training=False):
        return tf.round(self.dense(inputs)) + self.offset

    @staticmethod
    def same(a):
        return a

    @classmethod
    def made(cls, a):
        return a * 2.0

class Plain:
    def method(self, x):
        return tf.round(x)

short = functools.partial(smooth, 1.0)
logarithm = tf.math.log
net = Net()
constant = 3
"""
DEEP = """
import tensorflow as tf

def hard(x):
    return tf.round(x)
"""
SETTINGS = """
[tool.tflint-grad.functions]
"pkg.losses.unknown" = { gradient = "none", returns = "tensor" }
"mylib.step" = { calls = ["argument 0 under a tape", "argument done"] }
"mylib.to_host" = { returns = "numpy" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / "pkg" / "losses.py").write_text(LOSSES.lstrip("\n"))
    (tmp_path / "pkg" / "deep.py").write_text(DEEP.lstrip("\n"))
    (tmp_path / "pkg" / "broken.py").write_text("def f(:\n")
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def explained(folder: Path, name: str) -> str:
    settings = SettingsFinder().for_folder(str(folder))
    return explain_function(name, settings, str(folder)).replace(os.sep, "/")


def text(lines: str) -> str:
    return dedent(lines).strip("\n")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "pkg.losses.smooth",
            """
            pkg.losses.smooth(clean, restored, weight, training)
              defined at pkg/losses.py:8
              result: tensor
                clean     flows
                restored  flows; a part is lost at pkg/losses.py:12:29: np.std(...) takes \
'restored' out of TensorFlow (TFG201)
                weight    flows
                training  not followed: a Python bool
            """,
        ),
        (
            "pkg.losses.graph",
            """
            pkg.losses.graph(x, *, y)
              defined at pkg/losses.py:19
              runs in a graph: tf.function, converted by AutoGraph
              result: tensor
                x  is cut at pkg/losses.py:20:20: tf.cast(...) makes 'x' integers, which carry no \
gradient (TFG205)
                y  does not come out
            """,
        ),
        (
            "pkg.losses.each",
            """
            pkg.losses.each(xs)
              defined at pkg/losses.py:22
              a generator: each element that it yields
              result[0]
                xs[*]  flows
              result[1]: tensor
                xs[*]  is cut at pkg/losses.py:24:22: tf.round(...) has no gradient (TFG204)
            """,
        ),
        (
            "pkg.losses.unknown",
            """
            pkg.losses.unknown(x)
              defined at pkg/losses.py:26
              result
                x  may flow, through code that is not known
                …  something else may come out, through code that is not known
            """,
        ),
        (
            "pkg.losses.nothing",
            """
            pkg.losses.nothing(x)
              defined at pkg/losses.py:30
              result: None
            """,
        ),
        (
            "pkg.losses.guarded",
            """
            pkg.losses.guarded(x, y)
              defined at pkg/losses.py:33
              result
                x  flows
                y  flows
            """,
        ),
        (
            "pkg.losses.custom",
            """
            pkg.losses.custom(x)
              defined at pkg/losses.py:39
              a custom gradient: its author says what comes back, and it is taken to flow
            """,
        ),
        (
            "pkg.losses.Net",
            """
            pkg.losses.Net.call(self, inputs, training)
              defined at pkg/losses.py:55
              runs in a graph: Keras runs call in a graph without AutoGraph under fit
              result: tensor
                inputs       is cut at pkg/losses.py:56:16: tf.round(...) has no gradient (TFG204)
                training     not followed: a Python bool
                self.dense   is cut at pkg/losses.py:56:16: tf.round(...) has no gradient (TFG204)
                self.offset  flows
            """,
        ),
        (
            "pkg.losses.Net.same",
            """
            pkg.losses.Net.same(a)
              defined at pkg/losses.py:59
              result
                a  flows
            """,
        ),
        (
            "pkg.losses.Net.made",
            """
            pkg.losses.Net.made(cls, a)
              defined at pkg/losses.py:63
              result
                a  flows
            """,
        ),
        (
            "pkg.losses.Plain.method",
            """
            pkg.losses.Plain.method(self, x)
              defined at pkg/losses.py:67
              result: tensor
                x  is cut at pkg/losses.py:68:16: tf.round(...) has no gradient (TFG204)
            """,
        ),
    ],
)
def test_of_a_function_of_the_project_it_says_what_comes_out_and_where_it_is_cut(
    folder: Path, name: str, expected: str
) -> None:
    assert explained(folder, name) == text(expected)


def test_each_part_of_a_container_is_told_apart_across_files(folder: Path) -> None:
    told = explained(folder, "pkg.losses.several").splitlines()
    assert told[2:6] == [
        "  result['loss']: tensor",
        "    batch['image']  flows",
        "    step            does not come out",
        "    w (variable)    flows",
    ]
    assert told[6] == "  result['parts'][0]: tensor"
    assert told[7].startswith("    batch['image']  is cut at pkg/deep.py:4:12: tf.round(...) has")
    assert told[9:11] == ["  result['parts'][1]: tensor", "    batch  does not come out"]
    assert told[11].startswith("    step   is cut at pkg/losses.py:16:")


def test_a_partial_an_instance_and_a_name_of_a_library_lead_to_what_they_stand_for(
    folder: Path,
) -> None:
    assert (
        explained(folder, "pkg.losses.short").splitlines()[1:]
        == (explained(folder, "pkg.losses.smooth").splitlines()[1:])
    )
    assert explained(folder, "pkg.losses.net").startswith("pkg.losses.net.call(")
    assert explained(folder, "pkg.losses.logarithm").startswith("tensorflow.math.log\n")


def test_of_a_decorated_function_it_says_that_nothing_is_known(folder: Path) -> None:
    told = explained(folder, "pkg.losses.decorated")
    assert "under a decorator that is not known: whatever goes in may come out" in told


def test_a_function_that_always_raises_has_no_ways(folder: Path) -> None:
    told = ["  it never returns: it always raises, or does not end"]
    assert explained(folder, "pkg.losses.always").splitlines()[2:] == told


def test_a_result_of_which_nothing_is_known_is_no_error(folder: Path) -> None:
    (folder / "pkg" / "update.py").write_text(
        "def update(optimizer, loss):\n    return optimizer.minimize(loss)\n"
    )
    told = explained(folder, "pkg.update.update")
    assert "result" in told and "raises" not in told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "pkg.losses.unknown",
            """
            pkg.losses.unknown
              by the configuration:
                no gradient comes back: it is None
                it returns a tensor
              its body at pkg/losses.py:26 is not looked into
            """,
        ),
        (
            "mylib.step",
            """
            mylib.step
              by the configuration:
                it calls argument 0 under a tape, and takes the gradient of what comes back
                it calls argument done
                of the gradient it says nothing: whatever goes in may come out
            """,
        ),
        (
            "mylib.to_host",
            """
            mylib.to_host
              by the configuration:
                it returns a NumPy array, computed outside TensorFlow
                what a tensor that goes in depends on is lost there
            """,
        ),
    ],
)
def test_of_a_taught_function_it_says_what_the_configuration_says(
    folder: Path, name: str, expected: str
) -> None:
    (folder / "pyproject.toml").write_text(SETTINGS)
    assert explained(folder, name) == text(expected)


def versions() -> str:
    measured = table.versions()
    return f"measured with TensorFlow {measured['tensorflow']} and Keras {measured['keras']}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "tf.round",
            f"""
            tensorflow.round
              no gradient comes back: it is None
              instead: use a straight-through estimator: x + tf.stop_gradient(tf.round(x) - x)
              {versions()}
            """,
        ),
        (
            "tensorflow.compat.v1.math.argmax",
            f"""
            tensorflow.compat.v1.math.argmax
              the same as tensorflow.argmax
              no gradient comes back: it is None
              the result is int
              instead: use a soft alternative such as tf.nn.softmax
              {versions()}
            """,
        ),
        (
            "tf.gather",
            f"""
            tensorflow.gather
              the gradient flows
              never to indices, axis, batch_dims
              {versions()}
            """,
        ),
        (
            "tf.unique",
            f"""
            tensorflow.unique
              result[0]: asking for the gradient raises LookupError: none is registered
              result[1]: no gradient comes back: it is None
              instead: find the unique keys from integers and use tf.math.unsorted_segment_sum on \
the values
              {versions()}
            """,
        ),
        (
            "tf.Tensor.numpy",
            f"""
            tensorflow.Tensor.numpy
              takes the value out of TensorFlow: what it depends on is lost there
              {versions()}
            """,
        ),
        (
            "tf.keras.layers.BatchNormalization",
            f"""
            tensorflow.keras.layers.BatchNormalization
              the same as keras.layers.BatchNormalization
              a layer of Keras; through a call of an instance:
                to its input flows
                to its weights it flows
                some of its weights are not trainable: they get None
              {versions()}
            """,
        ),
        (
            "np.exp",
            """
            numpy.exp
              computes outside TensorFlow: what a tensor that goes in depends on is lost there
              instead: tf.exp, which computes the same
              no tape records numpy: this is not measured
              a symbolic tensor makes it raise while a graph is traced
            """,
        ),
        (
            "np.shape",
            """
            numpy.shape
              reads the shape or type alone: nothing is lost
            """,
        ),
        (
            "float",
            """
            float
              takes the value out of TensorFlow: what it depends on is lost there
              no tape records builtins: this is not measured
              a symbolic tensor makes it raise while a graph is traced
            """,
        ),
    ],
)
def test_of_a_function_of_a_library_it_says_what_is_known_and_since_which_version(
    folder: Path, name: str, expected: str
) -> None:
    assert explained(folder, name) == text(expected)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "pkg.losses.smoth",
            "nothing is known of 'pkg.losses.smoth'; did you mean 'pkg.losses.smooth'",
        ),
        ("pkg.losses.Net.cal", "did you mean 'pkg.losses.Net.call'?"),
        ("tf.rond", "nothing is known of 'tf.rond'; did you mean 'tensorflow.round'?"),
        ("elsewhere.f", "nothing is known of 'elsewhere.f'; [tool.tflint-grad.functions] may say"),
        ("pkg.losses", "'pkg.losses' is a module; name one of its functions"),
        ("pkg.losses.constant", "'pkg.losses.constant' is no function"),
        ("pkg.losses.Plain", "is a class without __call__ or call; name one of its methods"),
        ("pkg.broken.f", "pkg/broken.py cannot be read"),
        ("no name", "'no name' is no dotted name such as pkg.module.f"),
        ("", "'' is no dotted name"),
    ],
)
def test_what_is_not_known_is_told_in_one_line_with_a_suggestion(
    folder: Path, name: str, told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        explained(folder, name)
    message = str(caught.value).replace(os.sep, "/")
    assert message.startswith("--explain-function: ")
    assert told in message
    assert "\n" not in message


def test_a_source_folder_and_a_subfolder_are_roots(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "tool.py").write_text(DEEP)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "run.py").write_text(DEEP)
    assert "defined at src/tool.py:4" in explained(folder, "tool.hard")
    assert "defined at scripts/run.py:4" in explained(folder, "scripts.run.hard")


def test_the_command_prints_it_and_ends_with_2_where_nothing_is_known(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--explain-function", "pkg.deep.hard"]) == 0
    assert capsys.readouterr().out.startswith("pkg.deep.hard(x)\n")
    assert main(["--explain-function", "pkg.deep.hrd"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("did you mean 'pkg.deep.hard'?\n")


def test_the_documentation_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[1]
    monkeypatch.chdir(root)
    page = (root / "docs" / "teaching.md").read_text(encoding="utf-8")
    block = page.split("```console\n$ tflint-grad --explain-function ")[1].split("```")[0]
    name, _, shown = block.partition("\n")
    assert explained(root, name) == shown.rstrip("\n")


def test_nothing_of_the_project_is_executed(folder: Path) -> None:
    (folder / "pkg" / "deep.py").write_text(DEEP + "\nraise SystemExit(7)\n")
    done = subprocess.run(
        [sys.executable, "-m", "tflint_grad", "--explain-function", "pkg.deep.hard"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "has no gradient" in done.stdout
