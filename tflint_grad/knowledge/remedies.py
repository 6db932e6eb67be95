"""What to write instead: one short piece of advice for a message, each with code that is run.

`code` computes the result `r` from the float tensor `x` (positive, four elements) under a tape that
watches it, or `gradient` by a tape of its own; a test runs it and sees that a gradient comes back.
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


_SHUFFLE = Remedy("shuffle indices and gather", "r = tf.gather(x, tf.random.shuffle(tf.range(4)))")
_SEGMENTS = Remedy(
    "use tf.math.unsorted_segment_sum",
    "r = tf.math.unsorted_segment_sum(x, [0, 1, 0, 1], 2)",
)
_UNIQUE = Remedy(
    "find the unique keys from integers and use tf.math.unsorted_segment_sum on the values",
    _SEGMENTS.code,
)
_TANH = Remedy("use a smooth alternative such as tf.tanh", "r = tf.tanh(10.0 * x)")
_CROSS_ENTROPY = Remedy(
    "use a loss such as keras.losses.binary_crossentropy",
    "r = keras.losses.binary_crossentropy(tf.ones([1, 4]), x[None])",
)
_CHOSEN = Remedy(
    "use the indices only to choose: tf.gather(scores, indices)", "r = tf.gather(x, [2, 0])"
)
_FLOATS = Remedy("keep it a float", "r = tf.cast(x, tf.float64)")
_SATURATION = Remedy(
    "blend with tf.image.rgb_to_grayscale",
    "image = tf.reshape(x[:3], [1, 1, 1, 3]); "
    "r = 1.5 * image - 0.5 * tf.image.rgb_to_grayscale(image)",
)
_HUE = Remedy(
    "turn the colours by a matrix: tf.linalg.matvec",
    "r = tf.linalg.matvec([[0.8, 0.2, 0.0], [0.0, 0.8, 0.2], [0.2, 0.0, 0.8]], x[:3])",
)


def _in(rooms: str, names: str) -> tuple[str, ...]:
    """Each of the names in each of the modules."""
    return tuple(f"{room}.{name}" for room in rooms.split() for name in names.split())


def _rounding(spelling: str) -> Remedy:
    code = _STRAIGHT_THROUGH.format(spelling)
    return Remedy(f"use a straight-through estimator: {code}", f"r = {code}")


_TNP = "tensorflow.experimental.numpy"
_OPERATIONS: dict[str, Remedy] = {
    "tensorflow.round": _rounding("tf.round"),
    "tensorflow.floor": _rounding("tf.floor"),
    "tensorflow.math.ceil": _rounding("tf.math.ceil"),
    "tensorflow.math.rint": _rounding("tf.math.rint"),
    "keras.ops.round": _rounding("keras.ops.round"),
    "keras.ops.floor": _rounding("keras.ops.floor"),
    "keras.ops.ceil": _rounding("keras.ops.ceil"),
    "keras.ops.trunc": _rounding("keras.ops.trunc"),
    f"{_TNP}.floor": _rounding("tnp.floor"),
    f"{_TNP}.ceil": _rounding("tnp.ceil"),
    f"{_TNP}.fix": _rounding("tnp.fix"),
    "keras.backend.round": _rounding("tf.round"),
    **dict.fromkeys(
        (
            *_in("tensorflow keras.backend", "sign"),
            *_in(_TNP, "sign heaviside"),
            "keras.ops.heaviside",
        ),
        _TANH,
    ),
    "keras.ops.sign": Remedy(
        "use a smooth alternative such as keras.ops.tanh", "r = keras.ops.tanh(10.0 * x)"
    ),
    **dict.fromkeys(
        ("tensorflow.math.floordiv", "tensorflow.truncatediv"),
        Remedy("use tf.divide", "r = tf.divide(x, 2.0)"),
    ),
    "keras.ops.floor_divide": Remedy("use keras.ops.divide", "r = keras.ops.divide(x, 2.0)"),
    **dict.fromkeys(
        ("operator.//", f"{_TNP}.floor_divide"), Remedy("divide with /", "r = x / 2.0")
    ),
    **dict.fromkeys(
        (
            *_in(f"tensorflow keras.ops keras.backend {_TNP}", "argmax argmin"),
            *_in("keras.ops", "nanargmax nanargmin one_hot multi_hot"),
            *_in("tensorflow.random", "categorical stateless_categorical"),
            "keras.random.categorical",
        ),
        _SOFT,
    ),
    **dict.fromkeys(
        (*_in(f"tensorflow keras.ops {_TNP}", "argsort"), "keras.ops.argpartition"), _VALUES
    ),
    **dict.fromkeys(
        (
            *_in("operator", "< <= > >= == !="),
            *_in(
                f"tensorflow keras.ops keras.backend {_TNP}",
                "less less_equal greater greater_equal equal not_equal",
            ),
            *_in(f"tensorflow.math keras.ops {_TNP}", "count_nonzero"),
            *_in(f"keras.ops {_TNP}", "isclose allclose signbit"),
            *_in("keras.ops", "searchsorted digitize"),
            "tensorflow.math.zero_fraction",
            "tensorflow.histogram_fixed_width",
            "tensorflow.histogram_fixed_width_bins",
            "tensorflow.searchsorted",
        ),
        _SIGMOID,
    ),
    **dict.fromkeys(
        (
            *_in(
                "keras.metrics",
                "binary_accuracy categorical_accuracy sparse_categorical_accuracy"
                " sparse_top_k_categorical_accuracy top_k_categorical_accuracy",
            ),
            *_in("tensorflow.math keras.ops", "in_top_k"),
            "tensorflow.math.confusion_matrix",
        ),
        _CROSS_ENTROPY,
    ),
    **dict.fromkeys(
        _in(
            "tensorflow.image",
            "non_max_suppression non_max_suppression_overlaps non_max_suppression_with_scores"
            " combined_non_max_suppression",
        ),
        _CHOSEN,
    ),
    "tensorflow.one_hot": Remedy("use tf.nn.softmax of the scores", "r = tf.nn.softmax(x)"),
    "tensorflow.bitcast": _FLOATS,
    "keras.ops.view": _FLOATS,
    "tensorflow.numpy_function": _PYTHON,
    "tensorflow.py_function closed over": Remedy(
        "hand it to the function among the inputs",
        "r = tf.py_function(lambda a, b: a * b, [x, x], tf.float32)",
    ),
    "tensorflow.py_function integer": Remedy(
        "let the function close over it",
        "power = 3; r = tf.py_function(lambda a: a**power, [x], tf.float32)",
    ),
    **dict.fromkeys(
        ("tensorflow.random.shuffle", "tensorflow.random.experimental.stateless_shuffle"), _SHUFFLE
    ),
    "tensorflow.truncatemod": Remedy("use tf.math.floormod", "r = tf.math.floormod(x, 0.3)"),
    "tensorflow.constant": Remedy(
        "use tf.convert_to_tensor", "v = tf.identity(x); r = tf.convert_to_tensor(v)"
    ),
    **dict.fromkeys(
        ("tensorflow.Variable", "keras.Variable"),
        Remedy("use the tensor itself, or tf.identity", "r = tf.identity(x)"),
    ),
    "keras.ops.slice_update": Remedy(
        "use keras.ops.scatter_update",
        "r = keras.ops.scatter_update(x, np.array([[0]]), x[:1] * 2.0)",
    ),
    **dict.fromkeys(
        ("tensorflow.image.hsv_to_rgb", "keras.ops.image.hsv_to_rgb"),
        Remedy("work in RGB", "r = tf.image.rgb_to_grayscale(tf.reshape(x[:3], [1, 1, 1, 3]))"),
    ),
    **dict.fromkeys(
        _in("tensorflow.image", "adjust_contrast random_contrast stateless_random_contrast"),
        _CONTRAST,
    ),
    **dict.fromkeys(
        _in("tensorflow.image", "adjust_saturation random_saturation stateless_random_saturation"),
        _SATURATION,
    ),
    **dict.fromkeys(_in("tensorflow.image", "adjust_hue random_hue stateless_random_hue"), _HUE),
    **dict.fromkeys(
        ("tensorflow.unique", "tensorflow.unique_with_counts", "keras.ops.unique"), _UNIQUE
    ),
    **dict.fromkeys(("tensorflow.math.bincount", "keras.ops.bincount"), _SEGMENTS),
    **dict.fromkeys(
        ("tensorflow.linalg.lu", "keras.ops.lu_factor"),
        Remedy(
            "use tf.linalg.solve or tf.linalg.cholesky",
            "r = tf.linalg.solve(tf.linalg.diag(x), tf.ones([4, 1]))",
        ),
    ),
    "tensorflow.signal.rfft3d": Remedy(
        "use tf.signal.fft3d",
        "r = tf.math.real(tf.signal.fft3d(tf.cast(tf.reshape(x, [1, 2, 2]), tf.complex64)))",
    ),
    "tensorflow.signal.irfft3d": Remedy(
        "use tf.signal.ifft3d",
        "r = tf.math.real(tf.signal.ifft3d(tf.cast(tf.reshape(x, [1, 2, 2]), tf.complex64)))",
    ),
    "tape.reset": Remedy(
        "reset the tape before the forward pass",
        """\
with tf.GradientTape() as own:
    own.reset()
    own.watch(x)
    loss = tf.reduce_sum(x * x)
gradient = own.gradient(loss, x)
""",
    ),
    "tape.stop_recording": Remedy(
        "move what is differentiated out of this block",
        """\
with tf.GradientTape() as own:
    own.watch(x)
    loss = tf.reduce_sum(x * x)
    with own.stop_recording():
        shown = tf.reduce_max(x)
gradient = own.gradient(loss, x)
""",
    ),
    "back_prop": Remedy(
        "drop back_prop=False",
        "r = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), (0, x))[1]",
    ),
    "for": Remedy(  # over a dataset in a graph
        "open the tape inside the loop, once a batch",
        """\
@tf.function
def epoch(source):
    total = tf.zeros_like(source)
    for batch in tf.data.Dataset.from_tensors(1.0).repeat(2):
        with tf.GradientTape() as own:
            own.watch(source)
            loss = tf.reduce_sum(source * source) * batch
        total += own.gradient(loss, source)
    return total

gradient = epoch(x)
""",
    ),
}
_KINDS: dict[str, Remedy] = {
    "no-gradient": Remedy(
        "use a differentiable alternative, or a straight-through estimator",
        "r = x + tf.stop_gradient(tf.cast(tf.math.is_finite(x), x.dtype) - x)",
    ),
    "zero-gradient": _TANH,
    "unregistered": Remedy(
        "give it a gradient of its own with tf.custom_gradient",
        "r = tf.custom_gradient(lambda a: (tf.unique(a)[0], lambda upstream: upstream))(x)",
    ),
    "integer-cast": _FLOATS,
    "host-conversion": Remedy("keep the tensor", "r = tf.identity(x)"),
    "host-operation": Remedy(
        "use TensorFlow's own functions, or tf.custom_gradient around it", "r = tf.exp(x)"
    ),
    "print-value": Remedy(
        "call it as a statement and keep the tensor",
        "tf.print('x', x); tf.debugging.assert_positive(x); r = x * 2.0",
    ),
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
    "dataset": Remedy(
        "compute it on the batch, under the tape",
        "r = sum(x * batch for batch in tf.data.Dataset.from_tensor_slices([1.0, 2.0]))",
    ),
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
