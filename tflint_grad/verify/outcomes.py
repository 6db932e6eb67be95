"""One word for one gradient: none, zero, finite, not-finite, or symbolic while a graph is traced."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework import func_graph, ops

NONE, ZERO, FINITE, NOT_FINITE, SYMBOLIC = "none", "zero", "finite", "not-finite", "symbolic"
_LONGEST = 2000
#: Methods of a `tf.function` that are on the stack while it is traced.
_TRACES = ("_call", "__call__", "_initialize")


def message(error: BaseException) -> str:
    """What an exception says; nothing where it fails to say it."""
    try:
        return (_complaint(error) or str(error)).strip()[:_LONGEST]
    except Exception:
        return ""


def _complaint(error: BaseException) -> str:
    """What argparse has printed before it exits with a mere 2."""
    step = error.__traceback__ if isinstance(error, SystemExit) else None
    while step is not None:
        code = step.tb_frame.f_code
        if code is argparse.ArgumentParser.error.__code__:
            return str(step.tb_frame.f_locals["message"])
        step = step.tb_next
    return ""


def outcome(gradient: Any) -> str:
    """The word for a gradient that a tape returned."""
    if gradient is None:
        return NONE
    values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
    if not tf.is_tensor(values) or not isinstance(values, ops.EagerTensor):
        return SYMBOLIC
    return of_array(np.asarray(values))


def of_array(values: Any) -> str:
    if values.dtype.kind not in "fcV" and values.dtype.kind in "OSU":
        return FINITE
    values = values.astype("float32") if values.dtype.kind == "V" else values  # bfloat16
    if not np.all(np.isfinite(values)):
        return NOT_FINITE
    return FINITE if np.any(values) else ZERO


def names(sources: Any) -> list[str]:
    """What the sources call themselves: variables have names, tensors none that says anything."""
    return [
        str(getattr(one, "path", one.name)) if hasattr(one, "assign") and one is not None else ""
        for one in tf.nest.flatten(sources)
    ]


def is_host(target: Any) -> bool:
    """Whether a target has left TensorFlow: an ndarray, a number, or nothing at all."""
    return any(
        item is None or not (tf.is_tensor(item) or isinstance(item, tf.Variable))
        for item in tf.nest.flatten(target)
    )


def tell_when_run(gradients: Sequence[Any], tell: Callable[[list[str]], None]) -> None:
    """Have the graph that is being traced say what became of its symbolic gradients.

    The operations stand beside the path: no tape records them, nothing depends on them. XLA knows
    no callbacks to the host, and `pfor` cannot vectorise them: there the gradients stay symbols.
    """
    if not isinstance(ops.get_default_graph(), func_graph.FuncGraph) or _callbacks_fail_here():
        return
    present = [gradient for gradient in gradients if gradient is not None]

    def ran(*values: Any) -> None:
        told = iter([of_array(np.asarray(value)) for value in values])
        tell([NONE if gradient is None else next(told) for gradient in gradients_known])

    gradients_known = [None if gradient is None else True for gradient in gradients]
    with record.stop_recording():
        values = [
            one.values if isinstance(one, tf.IndexedSlices) else tf.convert_to_tensor(one)
            for one in present
        ]
        tf.numpy_function(ran, values, [])


def _callbacks_fail_here() -> bool:
    """Whether this is traced for XLA, or by `pfor`."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_name
        if name == "_pfor_impl":
            return True
        owner = frame.f_locals.get("self") if name in _TRACES else None
        if getattr(owner, "_jit_compile", False):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
