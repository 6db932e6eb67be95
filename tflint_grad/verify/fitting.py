"""Keras classes and losses under `fit`, on one batch that is made for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import keras
import numpy as np

from tflint_grad.verify.inputs.specification import SEED
from tflint_grad.verify.outcomes import message


def fit_with(thing: Any) -> Any:
    """Train with a model, a layer, a loss object or a loss function of the program's."""
    if isinstance(thing, keras.Model):
        if getattr(thing, "optimizer", None) is None:
            thing.compile(optimizer="sgd", loss="mse")
        return fit(thing)
    if isinstance(thing, keras.layers.Layer):
        model = keras.Sequential([thing])
        model.compile(optimizer="sgd", loss="mse")
        return fit(model)
    model = keras.Sequential([keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss=thing)
    return fit(model)


def fit(model: Any) -> Any:
    """`fit` on one batch of a shape that the model takes."""
    last: Exception | None = None
    for features, wanted in _batches(model):
        try:
            model.fit(features, wanted, batch_size=2, epochs=1, verbose=0)
            return model
        except Exception as error:
            if not _is_of_shapes(message(error)):
                raise
            last = error
    if last is not None:
        raise last
    return model


def _batches(model: Any) -> Iterator[tuple[Any, Any]]:
    chooser = np.random.default_rng(SEED)

    def floats(*shape: int) -> Any:
        return chooser.normal(size=shape).astype("float32")

    shape = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    inputs = []
    if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple):
        inputs.append(floats(2, *(3 if size is None else size for size in shape[1:])))
    else:
        inputs += [floats(2, 3), floats(2, 8, 8, 3), floats(2, 4, 3), floats(2, 1), floats(2, 2)]
    for features in inputs:
        wanted = [floats(2, 1), floats(2, 3), np.array([0, 1])]
        with suppress(Exception):
            predicted = model.compute_output_shape(features.shape)
            if isinstance(predicted, tuple):
                wanted.insert(0, floats(*(2 if size is None else size for size in predicted)))
        for one in wanted:
            yield features, one
    yield floats(2, 3), None


def _is_of_shapes(text: str) -> bool:
    return any(word in text for word in _OF_SHAPES)


_OF_SHAPES = ("shape", "ndim", "imension", "incompatible", "rank", "broadcast", "expected axis")
