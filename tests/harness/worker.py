"""The child process: starts TensorFlow once and runs many fixtures, one after the other.

Reads paths from standard input, one a line; answers each with one line of JSON.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TextIO

from tests.harness.fixture import Fixture
from tests.harness.observation import Observations

LIMIT = 60  # seconds a fixture; each takes a few on an idle machine

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


class OutOfTime(BaseException):
    """No `except Exception` of a fixture may swallow it."""


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    def ring(signum: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(path: Path, name: str, forgetful: list[int] | None = None) -> Observations:
    """Executes one file as a module of its own, and says what was seen."""
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.autograph.impl import api

    from tests.harness.probe import Probe

    # AutoGraph keeps conversions by code object, and equal functions at equal rows of two files
    # have equal code: the second would report the rows, and the name, of the first.
    api._TRANSPILER._cache._cache.clear()
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy("float32")
    tf.config.run_functions_eagerly(False)
    keras.utils.set_random_seed(20)
    random.seed(20)
    np.random.seed(20)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    began = time.monotonic()
    probe = Probe(str(path), forgetful)
    # Against native code that hangs and hears no signal: the parent blames the fixture and goes on.
    faulthandler.dump_traceback_later(2 * LIMIT, exit=True)
    try:
        with alarm(LIMIT), probe.watching():
            try:
                spec.loader.exec_module(module)
            except (Exception, OutOfTime) as error:
                probe.note_error(error, escaped=True)
        probe.measure_what_is_kept()
    finally:
        faulthandler.cancel_dump_traceback_later()
        del sys.modules[name]
    probe.seen.seconds = round(time.monotonic() - began, 2)
    return probe.seen


def observe(path: Path) -> Observations:
    """One run; a second, forgetful one where memory is at stake."""
    fixture = Fixture(path)
    name = f"fixture_{fixture.rule}_{path.stem}"
    seen = run(path, name)
    if any(one.consequence == "memory" for one in fixture.expectations):
        other = run(path, name, forgetful=[tape.gradients for tape in seen.tapes])
        for tape, forgot in zip(seen.tapes, other.tapes, strict=True):
            tape.kept_after_use = tape.alive_after_use - forgot.alive_after_use
    return seen


def main(orders: TextIO, answers: TextIO) -> None:
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.debugging.disable_traceback_filtering()
    keras.config.disable_traceback_filtering()
    for order in orders:
        path = Path(order.strip())
        try:
            answer = {"path": str(path), "seen": observe(path).as_json()}
        except Exception as error:
            answer = {"path": str(path), "failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # What fixtures and TensorFlow print must not mix with the answers.
    private = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2) if not os.environ.get("TFLINT_GRAD_LOUD") else None
    main(sys.stdin, private)
