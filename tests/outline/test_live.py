"""Which outputs of `call` surely depend on the layer's own weights, or are no tensors."""

from __future__ import annotations

import textwrap

import pytest

from tflint_grad.outline import DefItem
from tflint_grad.outline.build import shallow_outline
from tflint_grad.outline.live import needs_no_execution
from tflint_grad.outline.surroundings import Neighbours
from tflint_grad.source import SourceText

LAYER = """
import tensorflow as tf

class Block(tf.keras.layers.Layer):
    def __init__(self, flag, made):
        super().__init__()
        self.dense = tf.keras.layers.Dense(4)
        self.drop = tf.keras.layers.Dropout(0.1)
        self.given = made
        self.either = tf.keras.layers.Dense(4)
        if flag:
            self.either = made
        self.kernel = self.add_weight(shape=(4, 4))
        self.scale = self.add_weight(shape=(), trainable=False)

    def call(self, x, training=False):
"""


def is_settled(body: str) -> bool:
    text = LAYER + textwrap.indent(textwrap.dedent(body).strip(), " " * 8) + "\n"
    return is_settled_in(text, "Block")


def is_settled_in(text: str, name: str) -> bool:
    outline = shallow_outline(SourceText.from_text(text, "block.py"))
    around = Neighbours(lambda importer, module, level: None).around(outline)
    item = around.classes[name]
    (call,) = (m for m in item.members if isinstance(m, DefItem) and m.name == "call")
    return needs_no_execution(call.node, item, around)


@pytest.mark.parametrize(
    "body",
    [
        "return self.dense(x)",
        "return tf.nn.relu(self.dense(x)) * 2.0",
        "x = self.dense(x)\nx = x + tf.stop_gradient(x)\nreturn x",
        "return tf.concat([tf.round(x), self.dense(x)], axis=-1)",
        "return tf.matmul(tf.round(x), self.kernel)",
        "y = self.dense(x)\nif training:\n    y = tf.nn.relu(y)\nreturn y",
        "if training:\n    return self.dense(x)\nreturn -self.dense(x)[:, 0]",
        "with tf.name_scope('block'):\n    y = self.dense(x)\nreturn y",
        "for _ in range(3):\n    x = tf.round(x)\nreturn self.dense(x)",
        "out = {}\nout['signs'] = tf.sign(x)\nreturn out",
        "return tf.argmax(x, -1), x",
        "y = self.dense(x)\ny += tf.round(x)\nreturn y",
    ],
)
def test_an_output_that_is_surely_live_or_no_tensor(body: str) -> None:
    assert is_settled(body)


@pytest.mark.parametrize(
    "body",
    [
        "return tf.round(self.dense(x))",
        "return tf.nn.relu(x)",
        "return self.drop(x)",
        "return self.given(x)",
        "return self.either(x)",
        "return x * self.scale",
        "return tf.stop_gradient(self.dense(x))",
        "return tf.cast(self.dense(x), tf.int32)",
        "return tf.ones_like(self.dense(x))",
        "return tf.gather(x, self.dense(x))",
        "x = self.dense(x)\nx = tf.round(x)\nreturn x",
        "y = self.dense(x)\nif training:\n    y = tf.round(y)\nreturn y",
        "y = self.dense(x)\nfor _ in range(3):\n    y = tf.round(y)\nreturn y",
        "if training:\n    return self.dense(x)\nreturn tf.round(self.dense(x))",
        "try:\n    return self.dense(x)\nexcept ValueError:\n    return tf.round(self.dense(x))",
        "y = self.dense(x)\nz = (y := tf.round(y))\nreturn y",
        "with self.tape.stop_recording():\n    y = self.dense(x)\nreturn y",
        "y = self.dense(x)\ny, z = tf.unique(x)\nreturn y",
        "y = self.dense(x)\ndef y():\n    pass\nreturn y",
        "y = self.dense(x)\ny //= 2.0\nreturn y",
        "print(self.dense(x))",
    ],
)
def test_an_output_that_has_to_be_looked_at(body: str) -> None:
    assert not is_settled(body)


@pytest.mark.parametrize(
    ("made", "settled"),
    [
        ("self.rate = 0.5", True),
        ("self.given = given", True),  # and never called
        ("self.given = given\n        self.given(1.0)", False),
        ("self.given = given\n        self.add_loss(1.0)", True),
        ("self.given = given\n        for one in given: one(1.0)", False),
        ("self.rate = float(given)", True),
        ("self.bound = tf.constant(1.0)", True),
        ("self.dense = tf.keras.layers.Dense(2)", False),
        ("self.scale = tf.Variable(1.0)", False),
        ("self.scale = self.add_weight()", False),
        ("self.made = given()", False),
        ("self.made = Head()", False),
        ("self.made = library.Head()", False),
        ("self.made = layers.Dense(2)", False),
        ("self.given = given\n        self.given.encode(1.0)", False),
    ],
)
def test_what_has_no_weights_is_not_asked_for_any(made: str, settled: bool) -> None:
    text = f"""
import library
import tensorflow as tf

layers = tf.keras.layers

class Head(tf.keras.layers.Layer):
    pass

class Rounding(tf.keras.layers.Layer):
    def __init__(self, given):
        super().__init__()
        {made}

    def call(self, x):
        return tf.round(x)
"""
    assert is_settled_in(text, "Rounding") is settled
