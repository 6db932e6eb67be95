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


PROJECT = """
import tensorflow as tf

def scaled(x, by):
    return x * by if by else x

def rounded(x):
    return tf.round(x)

def both(x, y):
    return x, y

class Plain(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(4)

    def call(self, x):
        return tf.nn.relu(self.dense(x))

class Rounding(Plain):
    def call(self, x):
        return tf.round(super().call(x))

class Called(Plain):
    def __call__(self, x):
        return tf.round(super().__call__(x))

class Frozen(Plain):
    def build(self, shape):
        self.trainable = False

class Table(tf.keras.layers.Layer):
    def build(self, shape):
        self.rows = self.add_weight(shape=(4, 4))
        self.fixed = self.add_weight(shape=(4, 4), trainable=False)

    def look_up(self, x):
        return tf.gather(self.rows, x)

class Silent(tf.keras.layers.Layer):
    pass

class Holder(tf.keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.plain = Plain()
        self.plain.trainable = False

    def call(self, x):
        return self.plain(x)

class Unkerased:
    def __init__(self):
        self.dense = tf.keras.layers.Dense(4)

    def call(self, x):
        return self.dense(x)

class Block(tf.keras.Model):
    def __init__(self, given):
        super().__init__()
        self.dense = tf.keras.layers.Dense(4)
        self.drop = tf.keras.layers.Dropout(0.1)
        self.plain, self.paired = Plain(), Plain()
        self.first, self.unpacked = [Plain()] * 2
        self.inner = Plain()
        self.still = Plain(trainable=False)
        self.rounding = Rounding()
        self.called = Called()
        self.frozen = Frozen()
        self.other = Unkerased()
        self.silent = Silent()
        self.table = Table()
        self.given = given
        self.me = Block()
        self.holder = Holder()

    def encode(self, x):
        return self.dense(x)

    def split(self, x, flag):
        if flag:
            return self.dense(x), tf.round(x)
        return self.dense(x), self.inner(x)

    def spoiled(self, x):
        return tf.round(self.dense(x))

    @tf.custom_gradient
    def strange(self, x):
        return self.dense(x), None

    def endless(self, x):
        return self.endless(x)

    def call(self, x, training=False):
"""


@pytest.mark.parametrize(
    ("body", "settled"),
    [
        # layers of the project
        ("return self.inner(x)", True),
        ("return self.paired(x)", True),
        ("return self.unpacked(x)", False),
        ("return self.still(x)", False),
        ("return self.rounding(x)", False),
        ("return self.called(x)", False),
        ("return self.frozen(x)", False),
        ("return self.other(x)", False),
        ("return self.holder(x)", False),
        ("return self.me(x)", False),
        ("return self.silent(x)", False),
        # what they hold
        ("return tf.matmul(x, self.table.rows)", True),
        ("return tf.matmul(x, self.table.fixed)", False),
        ("return tf.matmul(x, self.given.rows)", False),
        ("return tf.matmul(x, self.still.rows)", False),
        ("return self.inner.dense(x)", True),
        ("return self.table.look_up(x)", True),
        ("return self.still.dense(x)", False),
        # methods
        ("return self.encode(x)", True),
        ("return self.encode(x=x)", True),
        ("return self.spoiled(x)", False),
        ("return self.strange(x)", False),
        ("return self.endless(x)", False),
        ("y, z = self.split(x, training)\nreturn y", True),
        ("y, z = self.split(x, training)\nreturn z", False),
        ("y, z, w = self.split(x, training)\nreturn y", False),
        ("return self.split(x, training)[0]", True),
        ("return self.split(x, training)[1]", False),
        ("return self.split(x, training)[2]", False),
        ("return self.split(x, training)", True),  # a tuple
        # loops
        ("for _ in x:\n    y = self.dense(x)\nreturn y", False),
        ("y = self.dense(x)\nfor _ in x:\n    y = self.inner(y)\nreturn y", True),
        ("y = self.dense(x)\nfor y in x:\n    pass\nreturn y", False),
        (
            "y = self.dense(x)\nfor _ in x:\n    y = tf.round(x)\n    y = self.dense(x)\nreturn y",
            True,
        ),
        ("y = self.dense(x)\nz = y\nfor _ in x:\n    y = z\n    z = tf.round(x)\nreturn y", False),
        ("y = self.dense(x)\nwhile x:\n    y = tf.round(x)\nreturn y", False),
        ("y = self.dense(x)\nfor _ in x:\n    y = tf.round(x)\n    break\nreturn y", False),
        (
            "y = self.dense(x)\nfor _ in x:\n    y = x\n    if x: continue\n    y = self.dense(x)\nreturn y",
            False,
        ),
        ("for _ in x:\n    return self.dense(x)\nreturn self.dense(x)", True),
        ("for _ in x:\n    return tf.round(x)\nreturn self.dense(x)", False),
        ("y = {}\nfor _ in x:\n    y, z = both(y, x)\nreturn y", True),
        # once more what passes, and what is not the only method of a name
        ("return self.add([tf.round(self.dense(x)), x])", False),
        ("return self.twice(x)", False),
        ("return self.replaced(x)", False),
        ("def f():\n    nonlocal y\n    y = tf.round(y)\ny = self.dense(x)\nf()\nreturn y", False),
        ("y = self.dense(x)\nfrom math import pi as y\nreturn y", False),
        # functions of the project
        ("return scaled(self.dense(x), 2.0)", True),
        ("return scaled(2.0, by=self.dense(x))", False),
        ("return scaled(*[self.dense(x)], 2.0)", False),
        ("return rounded(self.dense(x))", False),
        ("y, z = both(self.dense(x), x)\nreturn y", True),
        ("y, z = both(self.dense(x), x)\nreturn z", False),
        ("y, (z, w) = both(x, both(self.dense(x), x))\nreturn z", True),
        ("scaled = tf.round\nreturn scaled(self.dense(x), 2.0)", False),
        ("def scaled(x, by):\n    return tf.round(x)\nreturn scaled(self.dense(x), 2.0)", False),
        ("import other as tf\nreturn tf.abs(self.dense(x))", False),
        ("from other import scaled\nreturn scaled(self.dense(x), 2.0)", False),
        # what lets everything through
        ("return self.drop(self.dense(x))", True),
        ("return self.drop(tf.round(self.dense(x)))", False),
        ("return tf.cast(self.dense(x), tf.float16)", True),
        ("return tf.cast(self.dense(x), x.dtype)", True),
        ("return tf.cast(self.dense(x), tf.int32)", False),
        ("return tf.cast(self.dense(x), kind)", False),
    ],
)
def test_what_is_called_is_followed_in_the_project(body: str, settled: bool) -> None:
    text = PROJECT + textwrap.indent(body, " " * 8) + "\n"
    assert is_settled_in(text, "Block") is settled


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
        ("self.made = Bare()", True),
        ("self.made = Bare()\n        self.made(1.0)", True),
        ("self.made = Head()\n        self.made(1.0)", False),
        ("self.made = Bare() if given else given\n        self.made(1.0)", False),
        ("self.made = Outer()", False),
        ("self.made = Ring()", True),
        ("self.loss = tf.keras.losses.MeanSquaredError()\n        self.loss(1.0, 2.0)", True),
        ("self.sigmoid = tf.sigmoid\n        self.sigmoid(1.0)", True),
        ("self.drop = tf.keras.layers.Dropout(0.5)\n        self.drop(1.0)", True),
        ("self.parts = []\n        self.parts.append(1.0)", True),
        ("self.parts = []\n        self.parts.append(tf.keras.layers.Dense(1))", False),
        ("self.made = library.Head()", False),
        ("self.made = layers.Dense(2)", False),
        ("self.given = given\n        self.given.encode(1.0)", False),
        ("self.made = make_head()", False),
        ("self.made = make_nothing()", True),
        ("self.made = math.sqrt(2.0)", True),
    ],
)
def test_what_has_no_weights_is_not_asked_for_any(made: str, settled: bool) -> None:
    text = f"""
import math
import library
import tensorflow as tf

layers = tf.keras.layers

def make_head():
    return make_nothing() or Head()

def make_nothing():
    return math.floor(0.5)

class Bare(tf.keras.layers.Layer):
    pass

class Head(tf.keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=())

class Outer(tf.keras.layers.Layer):
    def __init__(self):
        self.head = Head()

class Ring(tf.keras.layers.Layer):
    def __init__(self):
        self.other = Other()

class Other(tf.keras.layers.Layer):
    def other(self):
        return Ring()

class Rounding(tf.keras.layers.Layer):
    def __init__(self, given):
        super().__init__()
        {made}

    def call(self, x):
        return tf.round(x)
"""
    assert is_settled_in(text, "Rounding") is settled


def test_tuples_and_loops_in_each_other_cost_no_more_than_they_are_long() -> None:
    tuples = "\n".join(["a = (1, 1)", *["a = (a, a)"] * 60])
    branches = f"if x:\n{textwrap.indent(tuples, '    ')}\nelse:\n{textwrap.indent(tuples, '    ')}"
    assert is_settled(f"{branches}\nreturn self.dense(x)")
    loops = "".join(
        f"{'    ' * n}for _ in x:\n{'    ' * (n + 1)}y{n} = self.dense(x)\n" for n in range(16)
    )
    inner = "".join(f"{'    ' * 16}y{n} = tf.round(x)\n" for n in range(16))
    assert not is_settled(f"{loops}{inner}return y3")
