"""Aliases of a function share one record, whatever spelling a program uses."""

import pytest

from tflint_grad.knowledge.names import canonical, is_keras2
from tflint_grad.knowledge.operations import fact


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("tensorflow.math.argmax", "tensorflow.argmax"),
        ("tensorflow.compat.v2.math.argmax", "tensorflow.argmax"),
        ("tensorflow.compat.v1.argmax", "tensorflow.argmax"),
        ("tensorflow.compat.v1.log", "tensorflow.math.log"),
        ("tensorflow.compat.v1.GradientTape", "tensorflow.GradientTape"),
        ("tensorflow.python.eager.backprop.GradientTape", "tensorflow.GradientTape"),
        ("tensorflow.python.ops.math_ops.reduce_mean", "tensorflow.reduce_mean"),
        ("tensorflow.python.ops.nn_ops.softmax", "tensorflow.math.softmax"),
        ("tensorflow.nn.softmax", "tensorflow.math.softmax"),
        ("tensorflow.compat.v1.losses.mean_squared_error",) * 2,
        ("tensorflow.contrib.eager.GradientTape",) * 2,
        ("tensorflow.keras", "keras"),
        ("tensorflow.keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.compat.v2.keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.python.keras.layers.core.Dense", "keras.layers.Dense"),
        ("tf_keras.layers.Dense", "keras.layers.Dense"),
        ("keras.src.layers.core.dense.Dense", "keras.layers.Dense"),
        ("tensorflow.keras.models.Model", "keras.Model"),
        ("keras.models.Sequential", "keras.Sequential"),
        ("keras.layers.Layer", "keras.Layer"),
        ("tensorflow.keras.layers.experimental.preprocessing.Hashing", "keras.layers.Hashing"),
        ("keras.optimizers.legacy.Adam", "keras.optimizers.Adam"),
        ("keras.ops.numpy.mean", "keras.ops.mean"),
        ("keras.ops.image.resize", "keras.ops.image.resize"),
        ("tensorflow.losses.MSE", "keras.losses.mean_squared_error"),
        ("keras.metrics.mean_squared_error", "keras.losses.mean_squared_error"),
        ("tensorflow.keras.backend.mean", "keras.backend.mean"),
        ("tensorflow.experimental.numpy.exp", "tensorflow.experimental.numpy.exp"),
        ("numpy.exp", "numpy.exp"),
        ("mypackage.tensorflow.exp", "mypackage.tensorflow.exp"),
        ("tensorflow_probability.math.log1mexp", "tensorflow_probability.math.log1mexp"),
    ],
)
def test_a_spelling_has_one_canonical_name(spelling: str, name: str) -> None:
    assert canonical(spelling) == name
    assert canonical(name) == name


@pytest.mark.parametrize("name", ["tf_keras.Model", "tensorflow.python.keras.layers.Dense"])
def test_keras_2_is_remembered(name: str) -> None:
    assert is_keras2(name)


@pytest.mark.parametrize("name", ["keras.Model", "tensorflow.keras.Model", "tf_kerasx.Model"])
def test_other_spellings_are_not_surely_keras_2(name: str) -> None:
    assert not is_keras2(name)


@pytest.mark.parametrize("name", ["tensorflow.no_such_thing", "jax.numpy.argmax", "argmax", ""])
def test_what_is_not_in_the_table_is_unknown(name: str) -> None:
    assert fact(name) is None
