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
    """What a graph leaves when it runs; `told` is what was told of it already."""

    values: list[Any]
    tell: Callable[..., None]
    told: Any = 0


class Mailbox:
    """Compiled graphs leave values here, in variables; they are told when the mailbox is emptied."""

    def __init__(self, accepts: Callable[[Any], bool] = lambda function: True) -> None:
        """`accepts` tells whether a function may be given variables that are not its own."""
        self._accepts = accepts
        self._first: list[_Letter] = []
        self._counts: list[_Letter] = []

    def leave(self, function: Any, tensors: Sequence[Any], tell: Callable[..., None]) -> None:
        """Have the graph that is being traced for `function` leave the values that tensors have when
        it first runs."""
        if not self._accepts(function) or not all(
            one.shape.is_fully_defined() and one.dtype != tf.string for one in tensors
        ):
            return
        runs = _variable([], tf.float32)
        values = [_variable(one.shape, one.dtype) for one in tensors]
        for variable, tensor in zip(values, tensors, strict=True):
            variable.assign(tf.where(runs < 1.0, tensor, variable), read_value=False)
        runs.assign_add(1.0, read_value=False)
        self._first.append(_Letter([runs, *values], tell))

    def count(self, function: Any, chosen: Any, kinds: int, tell: Callable[[Any], None]) -> None:
        """Have the graph count, run by run, which of so many kinds each element of a vector names."""
        if not self._accepts(function):
            return
        counts = _variable([*chosen.shape, kinds], tf.float32)
        counts.assign_add(tf.one_hot(chosen, kinds), read_value=False)
        self._counts.append(_Letter([counts], tell))

    def empty(self) -> None:
        """Tell what has come since the last time."""
        with record.stop_recording(), tf.init_scope():
            if not tf.executing_eagerly():
                return
            for letter in self._first:
                runs, *values = (one.numpy() for one in letter.values)
                if runs and not letter.told:
                    letter.told = 1
                    letter.tell(*values)
            for letter in self._counts:
                counts = letter.values[0].numpy().astype(int)
                new, letter.told = counts - letter.told, counts
                if new.any():
                    letter.tell(new)


def _variable(shape: Any, dtype: Any) -> Any:
    """A variable outside of the graph, of which no creator scope, strategy or tape knows."""
    with tf.init_scope():
        zeros = np.zeros(tf.TensorShape(shape).as_list(), tf.as_dtype(dtype).as_numpy_dtype)
        return resource_variable_ops.ResourceVariable(zeros, trainable=False)
