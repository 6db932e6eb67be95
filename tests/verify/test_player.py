"""From a finding to a verdict: what is executed, with which arguments, and what is seen there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from tests.verify.test_scenes import jobs
from tflint_grad.verify.player import Outcome, Player
from tflint_grad.verify.verdict import Status


def play(folder: Path, text: str, **inputs: str) -> Outcome:
    """The verdict on the one finding of a program."""
    (job,) = jobs(folder, program=text)
    job = replace(job, inputs=inputs)
    *_, last = Player(job).play(lambda entry, numbers: None)
    return last


CONFIRMED = {
    "in the module": (
        """
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.round(w))
        tape.gradient(y, w)
        """,
        "the module",
    ),
    "in a function, whose arguments are found": (
        """
        kernel = tf.Variable(tf.ones([5, 4]))

        def step(x, labels):
            with tf.GradientTape() as tape:
                logits = tf.round(x @ kernel)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return tape.gradient(loss, kernel)
        """,
        "step(x=float32[2,5], labels=int32[2])",
    ),
    "in a method of an object that is built": (
        """
        class Trainer:
            def __init__(self, model, optimizer, rate):
                self.model, self.optimizer, self.rate = model, optimizer, rate

            def step(self, x):
                with tf.GradientTape() as tape:
                    loss = self.rate * tf.reduce_mean(tf.sign(self.model(x)))
                return tape.gradient(loss, self.model.trainable_variables)
        """,
        "Trainer.step(self=Trainer(…), x=float32[2,3])",
    ),
    "in what a function returns": (
        """
        def make(scale):
            @tf.function
            def step(x):
                with tf.GradientTape() as tape:
                    y = tf.round(w[0] * x) * scale
                return tape.gradient(y, w)
            return step
        """,
        "make(",
    ),
    "under fit": (
        """
        class Snap(keras.layers.Layer):
            def call(self, x):
                if tf.reduce_sum(x) > 0.0:
                    return x
                return -x
        """,
        "fit() of Snap",
    ),
    "beside a live part": (
        """
        def step(x):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(w * x) + np.sum(np.exp(w))
            return tape.gradient(y, w)

        step(tf.constant([1.0, 2.0]))
        """,
        "the module",
    ),
}


@pytest.mark.parametrize("name", CONFIRMED)
def test_a_finding_is_confirmed(name: str, tmp_path: Path) -> None:
    text, scene = CONFIRMED[name]
    outcome = play(tmp_path, text)
    assert outcome.answer.status is Status.CONFIRMED, outcome.answer
    assert scene in outcome.scene


ENVIRONMENT = """
    def step(env):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.round(w * env.physics.gravity(3)))
        return tape.gradient(y, w)
    """


def test_what_cannot_be_built_is_asked_for_in_words_to_paste(tmp_path: Path) -> None:
    answer = play(tmp_path, ENVIRONMENT).answer
    assert answer.status is Status.INCONCLUSIVE
    assert "# tflint-grad: inputs env=" in answer.reason


def test_what_another_finding_ends_is_told_so(tmp_path: Path) -> None:
    """No inputs would help."""
    program = """
    def descend(x):
        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(x ** 2)
        y = x - 0.1 * tape.gradient(loss, x)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(y ** 2)
        return tape.gradient(loss, y)
    """
    (job,) = jobs(tmp_path, program=program)
    job = replace(job, seconds=8.0)
    last = {one.question.number: one for one in Player(job).play(lambda entry, numbers: None)}
    here, beyond = (last[one.number].answer for one in job.questions)
    assert here.status is Status.CONFIRMED
    assert beyond.reason.startswith("the run ends (TypeError: unsupported operand")
    row = job.questions[0].flagged.first
    assert beyond.reason.endswith(f"by what is found in line {row}: mend that first")


def test_the_user_s_own_inputs_come_first(tmp_path: Path) -> None:
    earth = "type('Env', (), {'physics': type('P', (), {'gravity': float})})"
    outcome = play(tmp_path, ENVIRONMENT, step=f"env={earth}")
    assert outcome.answer.status is Status.CONFIRMED
    above = ENVIRONMENT.replace(
        "    def step", f"    # tflint-grad: inputs env={earth}\n    def step"
    )
    assert play(tmp_path, above).answer.status is Status.CONFIRMED


def test_an_endless_scene_is_told_so(tmp_path: Path) -> None:
    (job,) = jobs(
        tmp_path,
        program="""
        while True:
            pass
        with tf.GradientTape() as tape:
            y = tf.round(w)
        tape.gradient(y, w)
        """,
    )
    *_, outcome = Player(replace(job, seconds=1.0)).play(lambda entry, numbers: None)
    assert outcome.answer.status is Status.INCONCLUSIVE
    assert "more than 1 s" in outcome.answer.reason


def test_what_cannot_be_measured_in_time_is_told_so(tmp_path: Path) -> None:
    program = """
    import time

    def step(x):
        time.sleep(1.0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * x) + np.sum(np.square(w))
        return tape.gradient(loss, w)
    """
    (job,) = jobs(tmp_path, program=program)
    *_, last = Player(replace(job, seconds=60.0)).play(lambda entry, numbers: None)
    assert last.answer.status is Status.CONFIRMED
    *_, last = Player(replace(job, seconds=5.0)).play(lambda entry, numbers: None)
    assert last.answer.reason.startswith("it took more than 5 s to see what line")
