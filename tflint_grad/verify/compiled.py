"""Values out of graphs that XLA compiles: it knows no callbacks to the host, so they go by variables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.ops import resource_variable_ops

#: Methods of a `tf.function` that are on the stack while it is traced.
_TRACES = ("_call", "__call__", "_initialize")


def compiled_function() -> Any:
    """The function under `jit_compile=True` that is being traced, the innermost; None where none is."""
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self") if frame.f_code.co_name in _TRACES else None
        if getattr(owner, "_jit_compile", False):
            return owner
        frame = frame.f_back  # type: ignore[assignment]
    return None


@dataclass
class _Letter:
    """What a graph leaves each time it runs; `count` tells how often it did."""

    values: list[Any]
    count: Any
    tell: Callable[..., None]
    seen: float = 0.0


class Mailbox:
    """Compiled graphs leave values here, which are told when the outermost function has returned.

    Of a place that runs several times within one call of that function, the last run is told.
    """

    def __init__(self, accepts: Callable[[Any], bool] = lambda function: True) -> None:
        """`accepts` tells whether a function may be given variables that are not its own."""
        self._accepts = accepts
        self._letters: list[_Letter] = []

    def leave(self, function: Any, tensors: Sequence[Any], tell: Callable[..., None]) -> None:
        """Have the graph that is being traced for `function` leave the values of tensors."""
        if not self._accepts(function) or not all(
            one.shape.is_fully_defined() and one.dtype != tf.string for one in tensors
        ):
            return
        letter = _Letter([_variable(one.shape, one.dtype) for one in tensors], _variable(), tell)
        for variable, tensor in zip(letter.values, tensors, strict=True):
            variable.assign(tensor, read_value=False)
        letter.count.assign_add(1.0, read_value=False)
        self._letters.append(letter)

    @property
    def is_used(self) -> bool:
        return bool(self._letters)

    def empty(self) -> None:
        """Tell what has come since the last time."""
        with record.stop_recording():
            for letter in self._letters:
                count = float(np.asarray(letter.count))
                if count != letter.seen:
                    letter.seen = count
                    letter.tell(*[np.asarray(one) for one in letter.values])


def _variable(shape: Any = (), dtype: Any = tf.float32) -> Any:
    """A variable outside of the graph, of which no creator scope, strategy or tape knows."""
    with tf.init_scope():
        zeros = np.zeros(tf.TensorShape(shape).as_list(), tf.as_dtype(dtype).as_numpy_dtype)
        return resource_variable_ops.ResourceVariable(zeros, trainable=False)
