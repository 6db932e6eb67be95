"""Which hooks are executed: those that Keras runs, and in which something may go wrong."""

from __future__ import annotations

import gc

import pytest

from tflint_grad.outline import DefItem, outline, shallow_outline
from tflint_grad.outline.hooks import going_wrong
from tflint_grad.outline.surroundings import Neighbours, Surroundings
from tflint_grad.outline.units import ClassItem
from tflint_grad.source import SourceText


def is_executed(text: str, method: str) -> bool:
    found = outline(SourceText.from_text(text, "nets.py"))
    (member,) = (
        member
        for item in found.items
        if isinstance(item, ClassItem)
        for member in item.members
        if isinstance(member, DefItem) and member.name == method
    )
    return member.needed


@pytest.mark.parametrize(
    ("base", "executed"),
    [
        ("tf.keras.layers.Layer", True),  # Keras 3 converts nothing
        ("tf_keras.layers.Layer", False),  # AutoGraph makes a tf.cond of it
        ("tf.Module", False),  # runs as eagerly as its caller
        ("Unknown", False),  # no class of TensorFlow is in sight
        ("bases[0]", True),
    ],
)
def test_a_branch_on_a_tensor_matters_where_nobody_converts_it(base: str, executed: bool) -> None:
    text = f"""
import tensorflow as tf
import tf_keras
from elsewhere import Unknown, bases

class Net({base}):
    def call(self, x):
        if tf.reduce_sum(x) > 0:
            x = -x
        return x
"""
    assert is_executed(text, "call") is executed


@pytest.mark.parametrize(
    ("body", "executed"),
    [
        ("a, b = x + 1.0", True),  # nobody converts that
        ("a, b = tf.split(x, 2)", False),
        ("a, b = helper(x)", False),
        ("a, b = doubled(x)", True),
        ("a, b = self.both([x, x])", False),
        ("y = (z := x + 1.0)\n        if y > 0: pass", True),
        ("if is_last(x): pass", False),
        ("assert x + 1.0 > 0", True),
        ("x = x + 1.0\n        x, y = x", False),  # it is a tuple by then
        ("x = x + 1.0\n        if isinstance(x, tuple): a, b = x", False),
        ("for key, value in self.parts.items(): int(key)", False),
        ("for key, value in enumerate(x + 1.0): float(value)", True),
    ],
)
def test_what_autograph_leaves_alone(body: str, executed: bool) -> None:
    text = f"""
import tensorflow as tf
import tf_keras

def helper(x):
    def inner(y):
        return tf.exp(y)
    return inner(x), x

def doubled(x):
    return 2.0 * x

def is_last(x):
    return len(x.shape) > 1

class Net(tf_keras.layers.Layer):
    def both(self, parts):
        return parts

    def call(self, x):
        {body}
        return x
"""
    assert is_executed(text, "call") is executed


NO_TENSORS = """
import math
import string
import tensorflow as tf
import tf_keras
from elsewhere import made

LETTERS = string.ascii_letters
TABLE = made()

def sizes(x):
    return [x + 1.0, x - 1.0]

def grid(length: int):
    return int(math.sqrt(length))

def collected(*values, **named):
    for key, value in named.items():
        int(key)
    first, *rest = values

class Pair:
    def __init__(self, one):
        self.one = one

class Net(tf_keras.layers.Layer):
    def __init__(self):
        self.size = made()
        self.net = made()

    def predict(self, x):
        return x

    def call(self, x):
        parts = {"one": x + 1.0}
        BODY
        return x
"""


@pytest.mark.parametrize(
    ("harmless", "harmful"),
    [
        ("a, b = sizes(x)[:2]", "a, b = (x + 1.0)[:2]"),  # a part of a list is a list
        ("a, b = '%s %s' % (x + 1.0, x)", "a, b = 2.0 * (x + 1.0)"),
        ("int(min(parts.keys()))", "int(min(parts.values()))"),  # no tensor is a key
        ("int(LETTERS[0] + 'b')", "int(TABLE[0] + 1.0)"),
        ("collected(x + 1.0, one=x + 1.0)", "int(x + 1.0)"),
        ("collected(*parts, **parts)", "collected(*parts, **x)\n        int(x)"),
        ("self.predict(x + 1.0)", "self.net.predict(x + 1.0)"),  # the layer's own
        ("grid(self.size)", "grid(x + 1.0)"),  # a number, unless something else is given for sure
        ("a, b = Pair(x + 1.0)", "a, b = Pair(x + 1.0).one + x"),
        ("if tf.get_static_value(x + 1.0) is None: pass", "tf.keras.backend.get_value(x + 1.0)"),
        ("bool(tf.keras.backend.ndim(x + 1.0) == 2)", "bool(x + 1.0 == 2)"),
    ],
)
def test_what_is_no_tensor(harmless: str, harmful: str) -> None:
    assert not is_executed(NO_TENSORS.replace("BODY", harmless), "call")
    assert is_executed(NO_TENSORS.replace("BODY", harmful), "call")


@pytest.mark.parametrize(
    "body",
    [
        "for _ in range(3):\n            a, b = y\n            y = x + 1.0",
        "for _ in range(3):\n            a, b = z\n            z = y\n            y = x + 1.0",
        "for part in parts:\n            y = part\n        a, b = y\n        parts = [x + 1.0]",
        "for _ in range(3):\n            a, b = self.y\n            self.y = x + 1.0",
        "a, b = [y for y in [x + 1.0]][0]",
    ],
)
def test_a_name_is_what_is_assigned_later_too(body: str) -> None:
    text = NO_TENSORS.replace("BODY", f"y = z = parts = ()\n        {body}")
    assert is_executed(text, "call")


WEIGHTS = """
import functools
import tensorflow as tf
from settings import given

K = tf.keras.backend
maths = tf.math
rnd = tf.round
OPS = {"round": tf.round}

def sizes(shape):
    return shape[1] // 2, 4

def make(layer):
    return layer.add_weight(shape=(4,))

def applied(layer, x):
    return layer.dense(x)

def doubled(values, function=None):
    return 2.0 * values

def hard(x):
    return tf.round(x)

def chosen(name):
    return hard

HARD = hard
PIPE = (tf.exp, hard)

class Quantizer:
    def __init__(self, bits):
        self.scale = 2.0**bits

    def quantize(self, x):
        return tf.round(x * self.scale) / self.scale

class Net(tf.keras.layers.Layer):
    OPS = [tf.sign]

    def __init__(self, weights=(), quantize=None):
        self.dense = tf.keras.layers.Dense(4)
        self.rounded = tf.keras.layers.Dense(4, activation=tf.round)
        self.op = tf.round
        self.seen = []

    def build(self, shape):
        MADE

    @property
    def projection(self):
        return self.dense

    @staticmethod
    def quantized(x):
        return tf.round(x)

    @classmethod
    def floored(cls, x):
        return tf.floor(x)

    def call(self, x, training=False):
        BODY
"""


def _is_executed(made: str, body: str) -> bool:
    indented = body.replace("\n", "\n        ")
    return is_executed(WEIGHTS.replace("MADE", made).replace("BODY", indented), "call")


@pytest.mark.parametrize(
    ("made", "executed"),
    [
        ("self.w = self.add_weight(shape=(4,))", True),
        ("w = self.add_weight(shape=(4,)); self.w = w", True),
        ("w = self.add_weight(shape=(4,)); v = w; self.w = v", True),
        ("self.w = [self.add_weight(shape=(4,))]", True),
        ("self.w = {'one': self.add_weight(shape=(4,))}", True),
        ("self.w = [self.add_weight(shape=(4,)) for _ in range(2)]", True),
        ("self.w = []; self.w.append(self.add_weight(shape=(4,)))", True),
        ("self.w = {}; self.w['one'] = self.add_weight(shape=(4,))", True),
        ("self.v, self.w = make(self), make(self)", True),
        ("setattr(self, 'w', self.add_weight(shape=(4,)))", True),
        ("self.w = make(self)", True),
        ("self.w = 4", False),
        ("self.w = shape[1]", False),
        ("self.w = shape.as_list()", False),
        ("_, self.w = sizes(shape)", False),
        ("w = given; self.w = w", False),
    ],
)
def test_what_an_attribute_is_given_tells_whether_it_is_a_weight(made: str, executed: bool) -> None:
    assert _is_executed(made, "return self.w // 2") is executed


@pytest.mark.parametrize(
    "output",
    [
        "applied(self, x)",
        "(lambda y: self.dense(y))(x)",
        "self.projection(x)",
        "functools.partial(applied, self)(x)",
        "functools.reduce(lambda y, layer: layer(y), [self.dense], x)",
        "tf.map_fn(lambda row: self.dense(row), x)",
        "tf.cond(training, lambda: self.dense(x), lambda: x)",
    ],
)
def test_whoever_has_the_object_has_its_weights(output: str) -> None:
    assert _is_executed("pass", f"return tf.round({output})")
    assert not _is_executed("pass", f"return tf.exp({output})")


@pytest.mark.parametrize(
    "body",
    [
        "me = self\nreturn tf.round(me.dense(x))",
        "return tf.round(getattr(self, 'dense')(x))",
        "def inner(y):\n    return self.dense(y)\nreturn tf.round(inner(x))",
        "self.seen.append(self.dense(x))\nreturn tf.round(self.seen[-1])",
        "seen = {'all': []}\nseen['all'].append(self.dense(x))\nreturn tf.round(seen['all'][0])",
        "return Net.quantized(self.dense(x))",
        "return Net.floored(self.dense(x))",
        "return Net.quantized(x=self.dense(x))",
    ],
)
def test_a_weight_is_followed_through_what_python_offers(body: str) -> None:
    assert _is_executed("pass", body)


@pytest.mark.parametrize(
    "body",
    [
        "return rnd(self.dense(x))",
        "return K.round(self.dense(x))",
        "return maths.rint(self.dense(x))",
        "m = maths\nreturn m.rint(self.dense(x))",
        "floor = tf.floor\nreturn floor(self.dense(x))",
        "return OPS['round'](self.dense(x))",
        "return self.OPS[0](self.dense(x))",
        "return self.op(self.dense(x))",
        "return self.rounded(x)",
        "y = self.dense(x)\nfor op in (tf.exp, tf.sign):\n    y = op(y)\nreturn y",
        "return tf.map_fn(tf.round, self.dense(x))",
        "return functools.partial(tf.round)(self.dense(x))",
        "def inner(y, op=tf.round):\n    return op(y)\nreturn inner(self.dense(x))",
    ],
)
def test_an_operation_has_any_name_that_it_is_given(body: str) -> None:
    assert _is_executed("pass", body)


@pytest.mark.parametrize(
    ("made", "body"),
    [
        ("self.act = hard", "return self.act(self.dense(x))"),
        ("self.act = lambda y: tf.round(y)", "return self.act(self.dense(x))"),
        ("self.act = chosen('hard')", "return self.act(self.dense(x))"),
        ("self.act = functools.partial(hard)", "return self.act(self.dense(x))"),
        ("self.act = getattr(tf.math, 'round')", "return self.act(self.dense(x))"),
        (
            "self.acts = [tf.exp, hard]",
            "for act in self.acts:\n    x = act(self.dense(x))\nreturn x",
        ),
        ("self.hard = tf.keras.layers.Lambda(hard)", "return self.hard(self.dense(x))"),
        (
            "self.acts = {'quantized': self.quantized}",
            "return self.acts['quantized'](self.dense(x))",
        ),
        ("self.part = Quantizer(3)", "return self.part.quantize(self.dense(x))"),
        ("pass", "return Quantizer(3).quantize(self.dense(x))"),
        ("pass", "part = Quantizer(3)\nreturn part.quantize(self.dense(x))"),
        ("pass", "return HARD(self.dense(x))"),
        ("pass", "return functools.reduce(lambda y, act: act(y), PIPE, self.dense(x))"),
        ("pass", "return tf.nest.map_structure(tf.round, self.dense(x))"),
    ],
)
def test_functions_and_methods_that_cut_are_found_by_any_name(made: str, body: str) -> None:
    assert _is_executed(made, body)
    assert not _is_executed(made.replace("tf.round", "tf.exp"), "return tf.exp(self.dense(x))")


@pytest.mark.parametrize(
    "body",
    [
        "return doubled(self.dense(x), tf.round)",  # which looks at none
        "return rnd(x) + self.dense(x)",
        "exp = tf.exp\nreturn exp(self.dense(x))",
    ],
)
def test_an_operation_that_is_handed_on_need_not_be_called(body: str) -> None:
    assert not _is_executed("pass", body)


@pytest.mark.parametrize(
    ("dtype", "executed"),
    [
        ("tf.int32", True),
        ("tf.float16", False),
        ("tf.int32 if training else tf.float32", True),
        ("x.dtype if training else tf.float32", False),
        ("self.index_dtype", True),
        ("self.compute_dtype", False),
        ("'float32'", False),
    ],
)
def test_a_type_is_what_its_name_is_given(dtype: str, executed: bool) -> None:
    body = f"dtype = {dtype}\nreturn tf.cast(tf.square(self.dense(x)), dtype) + 0.0"
    assert _is_executed("pass", body) is executed


def test_what_a_base_class_in_another_file_makes() -> None:
    files = {
        "bases": """
import tensorflow as tf

floor = tf.floor

class Base(tf.keras.layers.Layer):
    def build(self, shape):
        scale = self.add_weight(shape=(4,))
        self.scale = scale
        self.dense, self.block = tf.keras.layers.Dense(4), Rounding()
        self.blocks = [Rounding()]

class Rounding(tf.keras.layers.Layer):
    def call(self, x):
        return tf.round(x)
""",
        "nets": """
from bases import Base, floor

class Net(Base):
    def call(self, x):
        return BODY
""",
    }

    def is_looked_at(body: str) -> bool:
        neighbours = Neighbours(lambda importer, module, level: parsed.get(module))
        texts = {name: text.replace("BODY", body) for name, text in files.items()}
        parsed = {n: shallow_outline(SourceText.from_text(t, n)) for n, t in texts.items()}
        return bool(going_wrong(parsed["nets"], texts["nets"], neighbours))

    assert is_looked_at("x // self.scale")
    assert is_looked_at("floor(x * self.scale)")
    assert is_looked_at("self.block(self.dense(x))")
    assert is_looked_at("self.blocks[0](self.dense(x))")
    assert not is_looked_at("x * self.scale")


@pytest.mark.parametrize(
    ("decorator", "executed"),
    [
        ("@tf.function", True),
        ("@tf.Module.with_name_scope", False),
        ("@logged", False),
        ("@staged", True),
        ("@toolbox.timed", False),
        ("@unheard_of", True),
    ],
)
def test_a_decorator_may_make_a_graph(decorator: str, executed: bool) -> None:
    text = f"""
import tensorflow as tf
import toolbox

def logged(method):
    return method

def staged(method):
    return tf.function(method)

class Step(tf.Module):
    {decorator}
    def __call__(self, x):
        return x + 1.0
"""
    assert is_executed(text, "__call__") is executed


def test_what_was_looked_at_goes_without_a_collection() -> None:
    text = """
import tensorflow as tf

class Inner(tf.keras.layers.Layer):
    def call(self, x):
        return x if tf.reduce_sum(x) > 0.0 else -x

class Outer(tf.keras.layers.Layer):
    def __init__(self):
        self.inner = Inner()

    def call(self, x):
        return self.inner(x)
"""
    gc.collect()
    gc.disable()
    try:
        assert outline(SourceText.from_text(text, "nets.py")).matters
        assert not [one for one in gc.get_objects() if isinstance(one, Surroundings)]
    finally:
        gc.enable()
