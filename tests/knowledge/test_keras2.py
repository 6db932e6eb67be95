"""What Keras 2 does otherwise, linted and run: with tf_keras, and with the installed Keras 3."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tflint_grad.knowledge import table
from tflint_grad.knowledge.keras_api import keras_class
from tflint_grad.knowledge.operations import Gradient, fact
from tflint_grad.outline import outline
from tflint_grad.rules import check
from tflint_grad.source.text import source_from_bytes

FIT = """
model = keras.Sequential([Step(), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(tf.ones([4, 3]), tf.ones([4, 1]), verbose=0)
"""
TRAIN = """
model = Step()
model.compile("sgd")
model.fit(tf.ones([4, 3]), tf.ones([4, 1]), verbose=0)
"""
LOSS = """
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", Step())
model.fit(tf.ones([4, 3]), tf.ones([4, 1]), verbose=0)
"""
LAYER = "class Step(keras.layers.Layer):\n    def call(self, x):\n"
# Of each program: what Keras 2 and Keras 3 do, and the code that says it raises.
PROGRAMS = {
    "a branch in call": (
        LAYER + "        if tf.reduce_mean(x) > 0.0:\n            return x\n        return -x\n" + FIT,
        ("runs", "raises"), "TFG103",
    ),
    "a loop in call": (
        LAYER + "        while tf.reduce_mean(x) > 0.1:\n            x = x * 0.5\n        return x\n" + FIT,
        ("runs", "raises"), "TFG103",
    ),
    "a comprehension in call": (
        LAYER + "        return tf.stack([row * 2.0 for row in tf.abs(x)])\n" + FIT,
        ("raises", "raises"), "TFG103",
    ),
    "NumPy in call": (
        LAYER + "        return tf.constant(np.exp(tf.abs(x)))\n" + FIT,
        ("raises", "raises"), "TFG201",
    ),
    "a branch in a loss": (
        "class Step(keras.losses.Loss):\n    def call(self, y, p):\n"
        "        error = tf.reduce_mean(tf.abs(y - p))\n        if error > 1.0:\n"
        "            return error\n        return error * error\n" + LOSS,
        ("runs", "raises"), "TFG103",
    ),
    "a branch in train_step": (
        "class Step(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.dense = keras.layers.Dense(1)\n\n    def call(self, x):\n"
        "        return self.dense(x)\n\n    def train_step(self, data):\n        x, y = data\n"
        "        with tf.GradientTape() as tape:\n"
        "            loss = tf.reduce_mean(tf.square(y - self(x)))\n"
        "            if loss > 1.0:\n                loss = loss * 2.0\n"
        "        grads = tape.gradient(loss, self.trainable_variables)\n"
        "        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n"
        "        return {'loss': loss}\n" + TRAIN,
        ("raises", "raises"), "TFG103",
    ),
    "a converted call in a train_step that is not": (
        "class Inner(keras.layers.Layer):\n    def call(self, x):\n"
        "        if tf.reduce_mean(x) > 0.0:\n            return x\n        return -x\n\n"
        "class Step(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.dense = keras.layers.Dense(1)\n        self.inner = Inner()\n\n"
        "    def call(self, x):\n        return self.inner(self.dense(x))\n\n"
        "    def train_step(self, data):\n        x, y = data\n"
        "        with tf.GradientTape() as tape:\n"
        "            loss = tf.reduce_mean(tf.square(y - self(x)))\n"
        "        grads = tape.gradient(loss, self.trainable_variables)\n"
        "        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n"
        "        return {'loss': loss}\n" + TRAIN,
        ("runs", "raises"), "TFG103",
    ),
    "predict on the path": (
        "w = tf.Variable([[1.0, 2.0, 3.0]])\nmodel = keras.Sequential([keras.layers.Dense(1)])\n"
        "with tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_sum(tf.constant(model.predict(w * 2.0, verbose=0)))\n"
        "print(tape.gradient(loss, w))\n",
        ("raises", "None"), "TFG212",
    ),
    "predict on the path, run eagerly": (
        "w = tf.Variable([[1.0, 2.0, 3.0]])\nmodel = keras.Sequential([keras.layers.Dense(1)])\n"
        "model.compile(run_eagerly=True)\nwith tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_sum(tf.constant(model.predict(w * 2.0, verbose=0)))\n"
        "print(tape.gradient(loss, w))\n",
        ("None", "None"), "TFG212",
    ),
    "a layer whose gradient is not registered": (
        "x = tf.Variable(tf.ones([1, 4, 4, 3]))\nlayer = keras.layers.RandomContrast(0.2)\n"
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_sum(layer(x, training=True))\n"
        "print(tape.gradient(loss, x) is None)\n",
        ("raises", "runs"), "TFG207",
    ),
    "the same layer, not in training": (
        "x = tf.Variable(tf.ones([1, 4, 4, 3]))\nlayer = keras.layers.RandomContrast(0.2)\n"
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_sum(layer(x, training=False))\n"
        "print(tape.gradient(loss, x) is None)\n",
        ("runs", "runs"), "TFG207",
    ),
}  # fmt: skip


def program(text: str, keras: str) -> str:
    return f"import numpy as np\nimport tensorflow as tf\n{keras}\n\n{text}"


def lint(text: str) -> dict[str, str]:
    source = source_from_bytes(text.encode(), "program.py")
    assert source is not None
    return {one.code: str(one.consequence) for one in check(outline(source))}


def said(text: str, code: str) -> str:
    consequence = lint(text).get(code, "")
    return {"": "runs", "gradient-none": "None"}.get(consequence, consequence)


RUNNER = """
import contextlib, io, json, pathlib, sys
done = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(path.read_text(), str(path), "exec"), {"__name__": "program"})
        done[path.stem] = "None" if "None" in said.getvalue() else "runs"
    except Exception as error:
        done[path.stem] = "raises"
print(json.dumps(done))
"""


def ran(keras: str, folder: Path) -> list[str]:
    """What all programs do, in one process."""
    for number, (text, _, _) in enumerate(PROGRAMS.values()):
        (folder / f"p{number:02}.py").write_text(program(text, keras), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [*json.loads(done.stdout.splitlines()[-1]).values()]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_linter_says_what_each_keras_does(name: str) -> None:
    text, does, code = PROGRAMS[name]
    kerases = ("import tf_keras as keras", "from tensorflow import keras")
    assert tuple(said(program(text, keras), code) for keras in kerases) == does


@pytest.mark.skipif(find_spec("tf_keras") is None, reason="tf_keras is not installed")
def test_keras_2_does_so(tmp_path: Path) -> None:
    expected = [does[0] for _, does, _ in PROGRAMS.values()]
    assert ran("import tf_keras as keras", tmp_path) == expected


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")
def test_keras_3_does_so(tmp_path: Path) -> None:
    expected = [does[1] for _, does, _ in PROGRAMS.values()]
    assert ran("import keras", tmp_path) == expected


def test_code_for_a_tensorflow_before_keras_3_means_keras_2() -> None:
    text = program(PROGRAMS["a branch in call"][0], "from tensorflow import keras")
    assert "TFG103" in lint(text)
    with table.of_version("2.15"):
        assert "TFG103" not in lint(text)
    with table.of_version("2.16"):
        assert "TFG103" in lint(text)


def test_facts_of_keras_2_are_told_by_the_name_as_it_is_written() -> None:
    new, old = keras_class("keras.layers.Dropout"), keras_class("tf_keras.layers.Dropout")
    assert new is not None and new.non_trainable_weights
    assert old is not None and not old.non_trainable_weights


def test_what_only_keras_2_has_is_known_under_any_name() -> None:
    found = fact("tensorflow.keras.backend.in_top_k")
    assert found is not None
    assert found.gradient is Gradient.NONE
    assert table.keras2_version()["keras"].startswith("2.")
