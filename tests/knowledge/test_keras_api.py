"""Classes of Keras, and what their methods give back."""

import pytest

from tflint_grad.knowledge.keras_api import keras_class, layer_class, member
from tflint_grad.knowledge.operations import Gradient


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tensorflow.keras.layers.Dense", "layer"),
        ("keras.Layer", "layer"),
        ("tensorflow.keras.Model", "model"),
        ("keras.models.Sequential", "model"),
        ("keras.applications.ResNet50", "model"),
        ("keras.losses.MeanSquaredError", "loss"),
        ("keras.metrics.AUC", "metric"),
        ("tensorflow.keras.optimizers.Adam", "optimizer"),
        ("keras.optimizers.schedules.ExponentialDecay", "schedule"),
        ("keras.callbacks.EarlyStopping", "callback"),
    ],
)
def test_kind(name: str, kind: str) -> None:
    found = keras_class(name)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    "name", ["keras.losses.MSE", "keras.layers.add", "keras.Input", "numpy.Dense", "keras.ops.sum"]
)
def test_functions_are_no_classes(name: str) -> None:
    assert keras_class(name) is None


@pytest.mark.parametrize(
    ("name", "gradient", "weights", "frozen", "training_matters"),
    [
        ("Dense", Gradient.FLOWS, True, False, False),
        ("BatchNormalization", Gradient.FLOWS, True, True, True),
        ("Dropout", Gradient.FLOWS, False, True, True),
        ("PReLU", Gradient.FLOWS, True, False, False),
        ("Embedding", Gradient.NONE, True, False, False),
        ("Discretization", Gradient.NONE, False, False, False),
    ],
)
def test_measured_layers(
    name: str, gradient: Gradient, weights: bool, frozen: bool, training_matters: bool
) -> None:
    found = layer_class(f"keras.layers.{name}")
    assert found is not None
    assert found.gradient is gradient
    assert found.weights is weights
    assert found.non_trainable_weights is frozen
    assert found.training_matters is training_matters


def test_metrics_give_no_gradient_and_losses_do() -> None:
    metric = keras_class("keras.metrics.MeanSquaredError")
    loss = keras_class("keras.losses.SparseCategoricalCrossentropy")
    assert metric is not None
    assert metric.gradient is Gradient.NONE
    assert loss is not None
    assert loss.gradient is Gradient.FLOWS
    assert loss.detached == (0,)


def test_members() -> None:
    predict = member("model", "predict")
    assert predict is not None
    assert predict.detaches
    assert member("layer", "predict") is None
    call = member("model", "call")
    assert call is not None
    assert not call.detaches
    result = member("metric", "result")
    assert result is not None
    assert result.detaches
    assert member("model", "no_such_method") is None
