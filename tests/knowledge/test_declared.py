"""What is declared and not measured has a reason, and an expression that shows it when it is run."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "tools"))

from declarations import Declaration, declarations

from tflint_grad.knowledge.operations import fact, tensor_method

FUNCTIONS = declarations("declared")
METHODS = declarations("tensor_methods")


def what_comes_back(expression: str) -> str:
    """Through an expression, to the vector or to the variable that are asked about."""
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")

    def in_session(work: Callable[[], Any]) -> Any:
        with tf.Graph().as_default(), tf.compat.v1.Session().as_default():
            return work()

    def traced(work: Callable[[Any], Any]) -> Any:
        kept = []
        tf.function(lambda a: kept.append(work(a)))(x)
        return kept

    x = tf.constant([0.1, 0.2, 0.3, 0.4])
    held = tf.Variable(x)
    names = {
        "tf": tf,
        "keras": keras,
        "x": x,
        "held": held,
        "other": tf.Variable(x),
        "array": tf.TensorArray(tf.float32, 0, dynamic_size=True),
        "rows": tf.TensorArray(tf.float32, 2, infer_shape=False),
        "in_session": in_session,
        "traced": traced,
        "double": double,
    }
    text = expression.replace("keras.backend.", "tf.keras.backend.")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        names["ragged"] = tf.RaggedTensor.from_row_splits(x, [0, 2, 4])
        try:
            result = eval(text, names)
        except Exception as error:
            if type(error).__name__ == "TBNotInstalledError":
                pytest.skip("TensorBoard is not installed")
            raise
    parts = tf.nest.flatten(result, expand_composites=True)
    tensors = [part for part in parts if isinstance(part, (tf.Tensor, tf.Variable))]
    gradients = [tape.gradient(tensor, source) for tensor in tensors for source in (x, held)]
    return "none" if all(gradient is None for gradient in gradients) else "flows"


def double(a: Any) -> Any:
    return a * 2.0


@pytest.mark.parametrize("declared", [*FUNCTIONS, *METHODS], ids=lambda one: one.name)
def test_what_is_declared_is_what_a_run_shows(declared: Declaration) -> None:
    assert what_comes_back(declared.shown) == declared.gradient


@pytest.mark.parametrize("declared", FUNCTIONS, ids=lambda one: one.name)
def test_the_table_holds_what_is_declared_of_a_function(declared: Declaration) -> None:
    found = fact(declared.name)
    assert found is not None
    assert (found.gradient, found.dtype, found.kind) == (
        declared.gradient,
        declared.dtype,
        declared.kind,
    )


@pytest.mark.parametrize("declared", METHODS, ids=lambda one: one.name)
def test_the_table_holds_what_is_declared_of_a_method(declared: Declaration) -> None:
    found = tensor_method(declared.name)
    assert found is not None
    assert (found.gradient, found.kind) == (declared.gradient, declared.kind)


def test_every_declaration_has_a_reason_and_is_made_once() -> None:
    for group in (FUNCTIONS, METHODS):
        assert all(one.why and one.shown for one in group)
        assert len({one.name for one in group}) == len(group)
