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
from tflint_grad.verify.shift import Shift, contracted


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


DECORATED = """
    w = tf.Variable([0.5, 1.5])
    {decorator}
    def step(x):
        with tf.GradientTape() as tape:
            y = {way}  # flagged
        return tape.{method}(y, w)  # asked
    for _ in range(2):
        step(tf.constant([1.0, 2.0]))
    """


@pytest.mark.parametrize(
    ("decorator", "method", "way"),
    [
        ("", "jacobian", "tf.stack([w * x, tf.exp({})])"),
        ("@tf.function", "gradient", "tf.reduce_sum(w * x * {})"),
        ("@tf.function(jit_compile=True)", "gradient", "w * x * {}"),
        ("@tf.function(jit_compile=True)", "jacobian", "tf.reduce_sum({} * w)"),
    ],
)
def test_eager_code_graphs_and_what_xla_compiles_are_measured(
    decorator: str, method: str, way: str, tmp_path: Path
) -> None:
    def said(factor: str) -> str:
        written = way.format(factor)
        return claim(tmp_path, DECORATED.format(decorator=decorator, method=method, way=written))

    assert said("w") == "agrees"
    assert said("(w + tf.stop_gradient(w * w))") == "disagrees"


def test_a_batch_jacobian_is_wrong_where_examples_are_mixed(tmp_path: Path) -> None:
    text = """
    x = tf.Variable([[0.3, 0.8], [0.1, 0.5], [0.9, 0.2]])
    with tf.GradientTape() as tape:
        y = x * {}  # flagged
    tape.batch_jacobian(y, x)  # asked
    """
    assert claim(tmp_path, text.format("x")) == "agrees"
    assert claim(tmp_path, text.format("x[::-1]")) == "disagrees"


def test_a_jacobian_is_the_gradient_of_a_weighted_sum_of_its_target() -> None:
    chooser = np.random.default_rng(0)
    matrix = chooser.normal(size=(3, 4, 2))
    x = chooser.normal(size=2)
    height, (slope,) = contracted("jacobian", matrix @ x, [matrix])
    assert slope.shape == x.shape
    assert height == pytest.approx(float(slope @ x)), "it is linear"


def test_each_example_of_a_batch_has_a_jacobian_of_its_own() -> None:
    chooser = np.random.default_rng(0)
    matrices = chooser.normal(size=(5, 3, 2))
    x = chooser.normal(size=(5, 2))
    target = np.einsum("bts,bs->bt", matrices, x)
    height, (slope,) = contracted("batch_jacobian", target, [matrices])
    assert slope.shape == x.shape
    assert height == pytest.approx(float(np.sum(slope * x)))


def test_shapes_that_are_not_fixed_stay_inside_what_xla_compiles(tmp_path: Path) -> None:
    text = """
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([None])])
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x)  # flagged
        return tape.gradient(y, x)  # asked
    step(tf.constant([1.0, 2.0]))
    """
    assert claim(tmp_path, text) == "unmeasured"


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


def test_a_source_that_a_graph_makes_is_moved_once_it_has_a_value(tmp_path: Path) -> None:
    """While a graph is traced its variables have none; the second trace finds them."""
    text = """
    import keras
    model = keras.Sequential([keras.layers.Dense(1)])
    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.square(model(x)) * {})  # flagged
        return tape.gradient(y, model.trainable_variables)  # asked
    step(tf.ones([2, 3]))
    """
    assert claim(tmp_path, text.format("model(x)")) == "agrees"
    assert claim(tmp_path, text.format("tf.stop_gradient(model(x))")) == "disagrees"
    program = Written(tmp_path, text.format("1.0"))
    seen = program.probed(shift=Shift(scatter=np.random.default_rng(1))).seen
    assert program.error is None
    assert seen.gradients[-1].outcomes == ["finite", "finite"]


def test_what_was_not_moved_is_not_compared() -> None:
    """Unmoved, it would make any gradient look wrong."""
    assert Shift(steps={("variable", 0): np.ones(2)}).missed
    assert not Shift().missed
