"""The child process: starts TensorFlow once and runs many fixtures, tails and all.

Reads paths from standard input, one a line; answers each with one line of JSON.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path
from typing import TextIO

from tests.harness.fixture import Fixture
from tests.harness.judging import question
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.scene import MODULE, Entry, Job

LIMIT = 60  # seconds a fixture; each takes a few on an idle machine

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def observe(fixture: Fixture) -> Observations:
    """One run of the whole file; a second, forgetful one where memory is at stake."""
    from tflint_grad.verify.oracles.memory import kept
    from tflint_grad.verify.performance import SEED, Performance, Script
    from tflint_grad.verify.surroundings import OutOfTime, alarm

    questions = tuple(question(fixture, one) for one in fixture.expectations)
    job = Job(
        number=0,
        file=str(fixture.path),
        root=str(fixture.path.parent),
        module=fixture.path.stem,
        files=(str(fixture.path),),
        questions=questions,
        entries={},
    )
    script = Script.of(job)
    run = Performance(script, Entry(MODULE), questions)
    # Against native code that hangs and hears no signal: the parent blames the fixture and goes on.
    faulthandler.dump_traceback_later(2 * LIMIT, exit=True)
    try:
        with alarm(LIMIT):
            seen = run.once(SEED)
            if any(one.consequence == "memory" for one in questions):
                kept(seen, run.once(SEED, forgetful=[tape.gradients for tape in seen.tapes]))
    except OutOfTime:
        seen = run.seen[-1]
    finally:
        faulthandler.cancel_dump_traceback_later()
        script.loader.forget()
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
            answer = {"path": str(path), "seen": observe(Fixture(path)).as_json()}
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
