"""What to write instead: one short piece of advice for a message, each with code that is run.

`code` computes the result `r` from the float tensor `x` (positive, four elements); a test runs it
and sees that a gradient comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

from tflint_grad.knowledge.host import host_function
from tflint_grad.knowledge.names import canonical


@dataclass(frozen=True, slots=True)
class Remedy:
    """Advice that ends a message: '... will be None; {advice}'."""

    advice: str
    code: str = ""


_SOFT = Remedy(
    "use a soft alternative such as tf.nn.softmax",
    "r = tf.reduce_sum(tf.nn.softmax(10.0 * x) * tf.range(4.0))",
)
_STRAIGHT_THROUGH = "x + tf.stop_gradient({0}(x) - x)"
_SIGMOID = Remedy("use a soft threshold such as tf.sigmoid", "r = tf.sigmoid(10.0 * (x - 0.5))")
_VALUES = Remedy("keep the values: tf.sort(x)", "r = tf.sort(x)")
_PYTHON = Remedy(
    "use tf.py_function with a TensorFlow body, or tf.custom_gradient",
    "r = tf.py_function(lambda a: tf.exp(a), [x], tf.float32)",
)
_CONTRAST = Remedy(
    "write it with differentiable operations",
    "mean = tf.reduce_mean(x); r = (x - mean) * 1.5 + mean",
)


def _rounding(spelling: str) -> Remedy:
    code = _STRAIGHT_THROUGH.format(spelling)
    return Remedy(f"use a straight-through estimator: {code}", f"r = {code}")


_OPERATIONS: dict[str, Remedy] = {
    "tensorflow.round": _rounding("tf.round"),
    "tensorflow.floor": _rounding("tf.floor"),
    "tensorflow.math.ceil": _rounding("tf.math.ceil"),
    "tensorflow.math.rint": _rounding("tf.math.rint"),
    "keras.ops.round": _rounding("keras.ops.round"),
    "keras.ops.floor": _rounding("keras.ops.floor"),
    "keras.ops.ceil": _rounding("keras.ops.ceil"),
    "keras.ops.trunc": _rounding("keras.ops.trunc"),
    "tensorflow.sign": Remedy("use a smooth alternative such as tf.tanh", "r = tf.tanh(10.0 * x)"),
    "keras.ops.sign": Remedy(
        "use a smooth alternative such as keras.ops.tanh", "r = keras.ops.tanh(10.0 * x)"
    ),
    "tensorflow.math.floordiv": Remedy("use tf.divide", "r = tf.divide(x, 2.0)"),
    "keras.ops.floor_divide": Remedy("use keras.ops.divide", "r = keras.ops.divide(x, 2.0)"),
    "operator.//": Remedy("divide with /", "r = x / 2.0"),
    **dict.fromkeys(
        (
            "tensorflow.argmax",
            "tensorflow.argmin",
            "keras.ops.argmax",
            "keras.ops.argmin",
            "keras.backend.argmax",
            "keras.backend.argmin",
            "tensorflow.experimental.numpy.argmax",
            "tensorflow.experimental.numpy.argmin",
            "tensorflow.random.categorical",
        ),
        _SOFT,
    ),
    **dict.fromkeys(("tensorflow.argsort", "keras.ops.argsort"), _VALUES),
    **dict.fromkeys(
        (
            *(f"operator.{symbol}" for symbol in ("<", "<=", ">", ">=", "==", "!=")),
            *(
                f"{room}.{name}"
                for room in ("tensorflow", "keras.ops")
                for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
            ),
            "tensorflow.math.count_nonzero",
            "tensorflow.math.zero_fraction",
            "tensorflow.histogram_fixed_width",
            "tensorflow.searchsorted",
        ),
        _SIGMOID,
    ),
    "tensorflow.one_hot": Remedy("use tf.nn.softmax of the scores", "r = tf.nn.softmax(x)"),
    "tensorflow.numpy_function": _PYTHON,
    "tensorflow.random.shuffle": Remedy(
        "shuffle indices and gather", "r = tf.gather(x, tf.random.shuffle(tf.range(4)))"
    ),
    "tensorflow.truncatemod": Remedy("use tf.math.floormod", "r = tf.math.floormod(x, 0.3)"),
    "tensorflow.constant": Remedy(
        "use tf.convert_to_tensor", "v = tf.identity(x); r = tf.convert_to_tensor(v)"
    ),
    "tensorflow.Variable": Remedy("use the tensor itself, or tf.identity", "r = tf.identity(x)"),
    "keras.ops.slice_update": Remedy(
        "use keras.ops.scatter_update",
        "r = keras.ops.scatter_update(x, np.array([[0]]), x[:1] * 2.0)",
    ),
    "tensorflow.image.hsv_to_rgb": Remedy(
        "work in RGB", "r = tf.image.rgb_to_grayscale(tf.reshape(x[:3], [1, 1, 1, 3]))"
    ),
    **dict.fromkeys(
        (
            "tensorflow.image.adjust_contrast",
            "tensorflow.image.random_contrast",
            "tensorflow.image.stateless_random_contrast",
        ),
        _CONTRAST,
    ),
    "tensorflow.unique": Remedy(
        "find the unique keys from integers and use tf.math.unsorted_segment_sum on the values",
        "r = tf.math.unsorted_segment_sum(x, [0, 1, 0, 1], 2)",
    ),
    "tensorflow.math.bincount": Remedy(
        "use tf.math.unsorted_segment_sum",
        "r = tf.math.unsorted_segment_sum(x, [0, 1, 0, 1], 2)",
    ),
    "tensorflow.linalg.lu": Remedy(
        "use tf.linalg.solve or tf.linalg.cholesky",
        "r = tf.linalg.solve(tf.linalg.diag(x), tf.ones([4, 1]))",
    ),
    "tensorflow.signal.rfft3d": Remedy(
        "use tf.signal.fft3d",
        "r = tf.math.real(tf.signal.fft3d(tf.cast(tf.reshape(x, [1, 2, 2]), tf.complex64)))",
    ),
}
_KINDS: dict[str, Remedy] = {
    "integer-cast": Remedy("keep it a float", "r = tf.cast(x, tf.float64)"),
    "host-conversion": Remedy("keep the tensor", "r = tf.identity(x)"),
    "host-operation": Remedy(
        "use TensorFlow's own functions, or tf.custom_gradient around it", "r = tf.exp(x)"
    ),
    "print": Remedy("print on a line of its own", "tf.print(x); r = x * 2.0"),
    "assert": Remedy("assert on a line of its own", "tf.debugging.assert_positive(x); r = x * 2.0"),
    "predict": Remedy(
        "call the model: model(x, training=True)",
        "r = keras.layers.Dense(1)(tf.reshape(x, [1, 4]), training=True)",
    ),
    "metric": Remedy(
        "use the loss function", "r = keras.losses.mean_squared_error(tf.zeros([1, 4]), x[None])"
    ),
    "py_function": _PYTHON,
    "assign": Remedy("use the new value itself, not the variable", "new = x * 3.0; r = new * new"),
    "stop_gradient": Remedy("leave a live path beside it", "r = x + tf.stop_gradient(x)"),
}


def remedy(qualified: str) -> Remedy | None:
    """What to write instead of a function, by its name in any spelling."""
    host = host_function(qualified)
    if host is not None:
        if host.twin_spelling:
            return Remedy(f"use {host.twin_spelling}")
        return _KINDS["host-conversion" if host.kind == "conversion" else "host-operation"]
    return _OPERATIONS.get(canonical(qualified))


def remedy_for(kind: str) -> Remedy | None:
    """What to do about a kind of break that is no single function's: see `kinds`."""
    return _KINDS.get(kind)


def kinds() -> tuple[str, ...]:
    """The kinds that `remedy_for` knows."""
    return tuple(_KINDS)


def all_remedies() -> dict[str, Remedy]:
    """Every remedy with code, by name or kind: for the tests, and for a reader."""
    return {**_OPERATIONS, **_KINDS}
