"""What comes back through a call, in one word."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_RANK = ("none", "zero", "fails", "unregistered", "flows")


def best(statuses: list[str]) -> str:
    return max(statuses, key=_RANK.index, default="none")


def asked(tape: tf.GradientTape, output: Any, source: Any) -> tuple[str, Any]:
    """What comes back from one result to one source, under a random upstream gradient."""
    if not (output.dtype.is_floating or output.dtype.is_complex):
        return "none", None
    shape = tf.shape(output)
    upstream = tf.cast(tf.random.uniform(shape, 0.5, 1.5, seed=7), output.dtype)
    try:
        gradient = tape.gradient(output, source, output_gradients=upstream)
    except LookupError:
        return "unregistered", None
    except Exception as error:  # whatever a gradient function raises is the measurement
        return "unregistered" if "gradient registry" in str(error) else "fails", None
    if gradient is None:
        return "none", None
    return "flows", tf.convert_to_tensor(gradient)


def status_of(tape: tf.GradientTape, output: Any, source: Any) -> str:
    """As `asked`, and the value counts: a gradient that is zero everywhere is 'zero'."""
    status, gradient = asked(tape, output, source)
    if status != "flows":
        return status
    return "flows" if bool(tf.reduce_any(tf.not_equal(gradient, 0.0))) else "zero"
