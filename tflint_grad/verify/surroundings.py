"""What a process keeps from run to run, put back; and the clock that ends a run."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.autograph.impl import api


class OutOfTime(BaseException):
    """No `except Exception` of the program may swallow it."""


def fresh_tensorflow() -> None:
    """Undo what an earlier run set for the whole process."""
    # AutoGraph keeps conversions by code object, and equal functions at equal rows of two files
    # have equal code: the second would report the rows, and the name, of the first.
    with suppress(AttributeError):
        api._TRANSPILER._cache._cache.clear()
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy("float32")
    keras.backend.set_floatx("float32")
    tf.config.run_functions_eagerly(False)


def absl_flags_parsed() -> None:
    """A module that reads its flags at once finds their defaults."""
    flags = sys.modules.get("absl.flags")
    if flags is not None and not flags.FLAGS.is_parsed():
        with suppress(Exception):
            flags.FLAGS.mark_as_parsed()


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the main thread."""

    def ring(signum: int, frame: Any) -> None:
        raise OutOfTime(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
