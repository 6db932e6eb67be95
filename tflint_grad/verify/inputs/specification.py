"""Descriptions of argument values, from which each run builds its own: frozen, printable, seeded."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SEED = 20
#: From a parameter, or a parameter of a constructor below it, to what it is to be.
Path = tuple[str, ...]


@dataclass(frozen=True)
class Tensor:
    """A tensor of random numbers: normal for floats, below `most` for integers."""

    dtype: str = "float32"
    shape: tuple[int, ...] = (2, 3)
    most: int = 2
    kind: str = "tensor"  # or ndarray, variable

    def __str__(self) -> str:
        dims = ",".join(str(size) for size in self.shape)
        return f"{self.dtype}[{dims}]"


@dataclass(frozen=True)
class Literal:
    value: Any

    def __str__(self) -> str:
        return repr(self.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


@dataclass(frozen=True)
class Expression:
    """Evaluated in the module's own namespace: a hint, or a value seen at a call."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Built:
    """An object of a class of the program; the state holds the arguments of its constructor."""

    name: str

    def __str__(self) -> str:
        return f"{self.name}(…)"


@dataclass(frozen=True)
class Stock:
    """A small real thing of Keras or TensorFlow: see `_STOCK`."""

    name: str

    def __str__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True)
class Several:
    """A list, tuple or dataset of values; where `keys` are given, a dictionary or a namespace."""

    items: tuple[Specification, ...]
    kind: str = "list"
    keys: tuple[Any, ...] = ()

    def __str__(self) -> str:
        told = [str(item) for item in self.items]
        if self.kind == "dict":
            pairs = zip(self.keys, told, strict=True)
            return "{" + ", ".join(f"{key!r}: {one}" for key, one in pairs) + "}"
        if self.kind == "namespace":
            named = zip(self.keys, told, strict=True)
            return f"Namespace({', '.join(f'{key}={one}' for key, one in named)})"
        inner = ", ".join(told)
        if self.kind == "tuple":
            return f"({inner},)" if len(told) == 1 else f"({inner})"
        return f"dataset[{inner}]" if self.kind == "dataset" else f"[{inner}]"


@dataclass(frozen=True)
class Omitted:
    """Not given: the function's own default holds."""

    def __str__(self) -> str:
        return "(default)"


Specification = Tensor | Literal | Expression | Built | Stock | Several | Omitted


def seed_everything(seed: int) -> None:
    """Make a run repeatable: Python's, NumPy's, TensorFlow's and Keras' generators."""
    import keras
    import tensorflow as tf

    random.seed(seed)
    np.random.seed(seed % 2**32)
    tf.random.set_seed(seed)
    keras.utils.set_random_seed(seed)


def build_tensor(spec: Tensor, chooser: np.random.Generator) -> Any:
    """Random numbers of this kind; away from the edges where many functions are not smooth."""
    import tensorflow as tf

    dtype = tf.as_dtype(spec.dtype)
    if dtype == tf.string:
        values: Any = np.full(spec.shape, "word", object)
    elif dtype == tf.bool:
        values = chooser.random(spec.shape) < 0.5
    elif dtype.is_integer:
        values = chooser.integers(0, max(spec.most, 1), spec.shape)
    else:
        values = chooser.normal(0.0, 1.0, spec.shape)
    if spec.kind == "ndarray":
        return np.asarray(values, dtype.as_numpy_dtype)
    if spec.kind == "variable":
        return tf.Variable(tf.constant(values, dtype))
    # Not a cached scalar: the probe may move a source by writing into it.
    return tf.convert_to_tensor(np.array(values, dtype.as_numpy_dtype), dtype)


def evaluate(text: str, namespace: Mapping[str, Any], chooser: np.random.Generator) -> Any:
    """The value of a hint such as `float32[8, 3]`, `int32[8] < 10` or `Router(experts=3)`.

    Raises whatever the expression raises; SyntaxError where it is none.
    """
    from tflint_grad.verify.inputs.hints import shorthand

    names = {**shorthand(), **namespace}
    return materialise(eval(compile(text.strip(), "<inputs>", "eval"), names), chooser)


def materialise(value: Any, chooser: np.random.Generator) -> Any:
    """Replace what describes tensors by tensors, within containers too."""
    from tflint_grad.verify.inputs.hints import Shorthand

    if isinstance(value, Shorthand):
        return build_tensor(value.spec, chooser)
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(materialise(item, chooser) for item in value)
    if type(value) is dict:
        return {key: materialise(item, chooser) for key, item in value.items()}
    return value


def stock(name: str) -> Any:
    """A small real object: a model, an optimizer, a loss, a metric, a function."""
    return _STOCK[name]()


def _model() -> Any:
    import keras

    # Built when it is first called, so that it takes whatever it is given.
    return keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(3)])


def _narrow_model() -> Any:
    import keras

    return keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])


def _image_model() -> Any:
    import keras

    return keras.Sequential(
        [
            keras.layers.Conv2D(2, 3, padding="same"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3),
        ]
    )


def _functional_model() -> Any:
    import keras

    # Built, with layers whose inputs and outputs can be had.
    image = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(2, 3, padding="same")(image)
    return keras.Model(image, keras.layers.Dense(3)(keras.layers.Flatten()(features)))


def _built_model() -> Any:
    import keras

    model = _model()
    model.build((None, 3))
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss="mse")
    return model


def _optimizer() -> Any:
    import keras

    return keras.optimizers.SGD(0.01)


def _loss() -> Any:
    import keras

    return keras.losses.MeanSquaredError()


def _metric() -> Any:
    import keras

    return keras.metrics.Mean()


def _height() -> Callable[..., Any]:
    import tensorflow as tf

    def height(*values: Any, **_: Any) -> Any:
        total = tf.zeros([])
        for value in tf.nest.flatten(values):
            if (tf.is_tensor(value) or hasattr(value, "assign")) and value.dtype.is_floating:
                total = tf.cast(total, value.dtype) + tf.reduce_sum(tf.sin(value) * value)
        return total

    return height


def _curve() -> Callable[..., Any]:
    import tensorflow as tf

    def curve(*values: Any, **_: Any) -> Any:
        floats = [one for one in tf.nest.flatten(values) if tf.is_tensor(one)]
        floats = [one for one in floats if one.dtype.is_floating] or list(values[:1])
        product = tf.sin(floats[0]) * floats[0]
        for one in floats[1:]:
            product *= tf.cast(tf.sin(one) * one, product.dtype)
        return product

    return curve


def _nothing() -> Callable[..., None]:
    def nothing(*_: Any, **__: Any) -> None:
        return None

    return nothing


_STOCK: dict[str, Callable[[], Any]] = {
    "model": _model,
    "narrow model": _narrow_model,
    "image model": _image_model,
    "functional model": _functional_model,
    "compiled model": _built_model,
    "optimizer": _optimizer,
    "loss": _loss,
    "metric": _metric,
    "scalar function": _height,
    "elementwise function": _curve,
    "callback": _nothing,
}


def with_shape(spec: Tensor, shape: tuple[int, ...]) -> Tensor:
    return dataclasses.replace(spec, shape=shape)
