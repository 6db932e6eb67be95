"""Tensors that a gradient is asked for, made on demand in several regimes of values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import tensorflow as tf

# relu, elu, clipping and the like are flat somewhere: one point proves nothing.
REGIMES = ("unit", "mixed", "large", "negative")
# Where formulas end: every element the same. Huge: what overflows on the way.
EDGES = {"0": 0.0, "1": 1.0, "-1": -1.0, "huge": 1e30}
SHORT = {
    "x": "F(4)",
    "y": "F(4)",
    "u": "U(4)",
    "v": "U(4)",
    "m": "F(4, 4)",
    "n": "F(4, 4)",
    "p": "P(4)",
    "c": "C(4)",
    "im": "U(1, 8, 8, 3)",
    "i": "tf.constant([2, 0, 1, 1])",
    "b": "tf.constant([True, False, True, True])",
}
_WORD = re.compile(r"(?<![\w.'])([a-z]+)(?![\w('=])")


class Sources:
    """Makes the values that a specification names, and remembers those that are sources.

    `replayed`: what is handed out instead, one after the other, such as a function's arguments.
    """

    def __init__(self, regime: str, replayed: list[tf.Tensor] | None = None) -> None:
        self.regime = regime
        self.replayed = replayed
        self.tape: tf.GradientTape | None = None
        self.made: list[tf.Tensor] = []
        self.random = np.random.default_rng(len(regime))

    def evaluate(self, expression: str, modules: dict[str, Any]) -> Any:
        bound = set(re.findall(r"lambda ([\w, ]+):", expression))
        own = {name.strip() for names in bound for name in names.split(",")}
        text = _WORD.sub(
            lambda found: found[0] if found[1] in own else SHORT.get(found[1], found[0]),
            expression,
        )
        names = {**modules, "F": self.any, "U": self.unit, "P": self.positive, "C": self.complex}
        return eval(text, {**names, "kw": {}})

    def any(self, *shape: int) -> tf.Tensor:
        match self.regime:
            case edge if edge in EDGES:
                return self._source(np.full(shape, EDGES[edge]))
            case "integers":
                return self._source(self.random.integers(1, 4, shape).astype("int32"))
            case "mixed":
                return self._source(self.random.normal(0.0, 3.0, shape))
            case "large":
                return self._source(self.random.uniform(7.0, 20.0, shape))
            case "negative":
                return self._source(self.random.uniform(-0.9, -0.1, shape))
            case _:
                return self.unit(*shape)

    def unit(self, *shape: int) -> tf.Tensor:
        if self.regime == "integers" or self.regime in EDGES:
            return self.any(*shape)
        return self._source(self.random.uniform(0.1, 0.9, shape))

    def positive(self, size: int) -> tf.Tensor:
        if self.regime in EDGES:
            return self._source(np.eye(size))  # eigenvalues that are equal
        matrix = self.random.uniform(0.1, 0.9, (size, size))
        return self._source(matrix @ matrix.T + 2.0 * np.diag(np.arange(1.0, size + 1.0)))

    def complex(self, *shape: int) -> tf.Tensor:
        return tf.complex(self.any(*shape), self.any(*shape))

    def _source(self, values: Any) -> tf.Tensor:
        values = np.asarray(values)
        if self.replayed is not None:
            tensor = self.replayed[len(self.made)]
        else:
            tensor = tf.constant(values if values.dtype == np.int32 else values.astype("float32"))
        self.made.append(tensor)
        if self.tape is not None and tensor.dtype.is_floating:
            self.tape.watch(tensor)
        return tensor
