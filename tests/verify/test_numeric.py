"""Central differences: the scene is run again with its sources moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from tests.verify.programs import Written
from tflint_grad.verify import numeric
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.question import Question, Span
from tflint_grad.verify.shift import Shift


def claim(folder: Path, text: str) -> str:
    """What differentiating numerically says of the gradient asked for on the row `# asked`."""
    program = Written(folder, text)
    file = str(program.path)
    flagged, asked = program.row("# flagged"), program.row("# asked")
    question = Question(
        0,
        "TFG201",
        "gradient-wrong",
        "",
        Span(file, flagged, flagged),
        (),
        (Span(file, asked, asked),),
    )

    def again(shift: Shift) -> Observations:
        return program.probed(shift=shift).seen

    seen = program.probed().seen
    numeric.measure(question, seen, again)
    (said,) = seen.claims
    return said.kind


VARIABLE = """
    w = tf.Variable([0.5, 1.5], dtype=tf.{dtype})
    with tf.GradientTape() as tape:
        y = tf.reduce_sum({way})  # flagged
    tape.gradient(y, w)  # asked
    """


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("way", "kind"),
    [
        ("tf.exp(w) * w", "agrees"),
        ("tf.exp(w) * np.exp(w)", "disagrees"),
        ("w * tf.stop_gradient(w)", "disagrees"),
    ],
)
def test_a_gradient_is_the_slope_or_is_not(way: str, kind: str, dtype: str, tmp_path: Path) -> None:
    assert claim(tmp_path, VARIABLE.format(way=way, dtype=dtype)) == kind


def test_a_watched_tensor_is_moved_too(tmp_path: Path) -> None:
    text = """
    x = tf.constant([0.3, 0.8])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x * {})  # flagged
    tape.gradient(y, x)  # asked
    """
    assert claim(tmp_path, text.format("x")) == "agrees"
    assert claim(tmp_path, text.format("x.numpy()")) == "disagrees"


def test_weights_of_the_output_belong_to_the_height(tmp_path: Path) -> None:
    text = """
    w = tf.Variable([0.5, 1.5])
    with tf.GradientTape() as tape:
        y = w * w  # flagged
    tape.gradient(y, w, output_gradients=tf.constant([3.0, -2.0]))  # asked
    """
    assert claim(tmp_path, text) == "agrees"


def test_a_scene_that_does_not_repeat_itself_is_not_measured(tmp_path: Path) -> None:
    text = """
    import time
    w = tf.Variable([0.5, 1.5])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(100.0 * w) * w) * (time.time() % 1)  # flagged
    tape.gradient(y, w)  # asked
    """
    assert claim(tmp_path, text) != "agrees"


def test_a_graph_is_measured_as_well(tmp_path: Path) -> None:
    text = """
    w = tf.Variable([0.5, 1.5])
    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(w * x * {})  # flagged
        return tape.gradient(y, w)  # asked
    step(tf.constant([1.0, 2.0]))
    """
    assert claim(tmp_path, text.format("w")) == "agrees"
    assert claim(tmp_path, text.format("tf.stop_gradient(w)")) == "disagrees"


def test_sources_go_elsewhere_when_the_first_tape_opens(tmp_path: Path) -> None:
    program = Written(
        tmp_path,
        """
        w = tf.Variable([0.5, 1.5])
        fixed = tf.Variable(2.0, trainable=False)
        x = tf.constant(1.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            seen = [w.numpy(), fixed.numpy(), float(x)]
        """,
    )

    def seen(shift: Shift | None) -> list[float]:
        module = program.probed(shift=shift).places and program.loader.module
        assert module is not None
        return [float(value) for value in np.hstack(module.seen)]

    assert seen(None) == [0.5, 1.5, 2.0, 1.0]
    assert seen(Shift(edge=0.0)) == [0.0, 0.0, 2.0, 0.0]
    moved = seen(Shift(scatter=np.random.default_rng(3)))
    assert moved[2] == 2.0
    assert all(one != other for one, other in zip(moved[:2], [0.5, 1.5], strict=True))
