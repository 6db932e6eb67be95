"""One word for one gradient: none, zero, finite, not-finite, or symbolic while a graph is traced."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework import func_graph, ops

from tflint_grad.verify.compiled import Mailbox, compiled_function

NONE, ZERO, FINITE, NOT_FINITE, SYMBOLIC = "none", "zero", "finite", "not-finite", "symbolic"
_LONGEST = 2000


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


def tell_when_run(
    gradients: Sequence[Any], tell: Callable[[list[str], int], None], mailbox: Mailbox
) -> None:
    """Have the graph that is being traced say what became of its symbolic gradients, and how often."""
    if tf.executing_eagerly():
        return
    present = [one is not None for one in gradients]
    values = [
        one.values if isinstance(one, tf.IndexedSlices) else one
        for one in gradients
        if one is not None
    ]

    def ran(words: Iterable[str], count: int = 1) -> None:
        told = iter(words)
        tell([next(told) if one else NONE for one in present], count)

    def counted(counts: Any) -> None:
        for words, count in _together(counts):
            ran(words, count)

    function = compiled_function()
    if function is None:
        with_values_of(values, lambda *arrays: ran(map(of_array, arrays)), mailbox)
    else:
        with record.stop_recording():
            numbers = tf.stack([_number(one) for one in values])
            mailbox.count(function, numbers, len(_WORDS), counted)


_WORDS = (NOT_FINITE, FINITE, ZERO)


def _together(counts: Any) -> Iterator[tuple[list[str], int]]:
    """Calls that agree with what was counted of each source by itself: rows are sources, columns
    words."""
    left = counts.copy()
    while left.any(axis=1).all():
        columns = (left > 0).argmax(axis=1)
        rows = range(len(left))
        count = int(left[rows, columns].min())
        left[rows, columns] -= count
        yield [_WORDS[column] for column in columns], count


def _number(values: Any) -> Any:
    """The index of the word for a symbolic gradient."""
    size = tf.abs(values)
    finite = tf.reduce_all(tf.math.is_finite(size))
    return tf.where(finite, tf.where(tf.reduce_any(size > 0), 1, 2), 0)


def with_values_of(tensors: Sequence[Any], tell: Callable[..., None], mailbox: Mailbox) -> None:
    """Call `tell` with the values of tensors as arrays: now, or whenever the graph that is being
    traced runs.

    The operations stand beside the path: no tape records them, nothing depends on them. XLA knows
    no callbacks, there they go through the mailbox; `pfor` cannot vectorise them: there nothing is
    ever told.
    """
    with record.stop_recording():
        if tf.executing_eagerly():
            tell(*[np.array(tf.convert_to_tensor(one)) for one in tensors])
        elif isinstance(ops.get_default_graph(), func_graph.FuncGraph) and not _is_vectorised():
            values = [tf.convert_to_tensor(one) for one in tensors]
            function = compiled_function()
            if function is None:
                tf.numpy_function(lambda *arrays: tell(*map(np.asarray, arrays)), values, [])
            else:
                mailbox.leave(function, values, tell)


def _is_vectorised() -> bool:
    """Whether `pfor` traces this."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "_pfor_impl":
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
