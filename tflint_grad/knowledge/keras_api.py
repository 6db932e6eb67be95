"""Classes of Keras and the methods and attributes of their instances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tflint_grad.knowledge import table
from tflint_grad.knowledge.names import canonical, edition
from tflint_grad.knowledge.operations import Gradient


@dataclass(frozen=True, slots=True)
class KerasClass:
    """A class of Keras.

    `kind`: 'layer', 'model', 'loss', 'metric', 'optimizer', 'schedule', 'regularizer',
    'initializer', 'constraint', 'callback'. `gradient`: from the result of a call to its input
    (weights get theirs all the same where `weights` says so). `detached`: positions of the call's
    inputs that carry none by nature, such as the labels of a sparse cross entropy.
    `training`: `call` takes `training`. `training_matters`: and it changes the result.
    """

    name: str
    kind: str
    gradient: Gradient = Gradient.FLOWS
    weights: bool = False
    non_trainable_weights: bool = False
    training: bool = False
    training_matters: bool = False
    detached: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberFact:
    """A method or attribute of a model, layer, loss, metric or optimizer.

    `kind`: 'host' (an ndarray or number comes back: TFG212), 'call' (as calling the object),
    'variables' (all weights), 'trainable', 'non-trainable', 'losses', 'state' (stores, returns
    nothing), 'result' (of a metric: no gradient), 'gradient' (computes or applies gradients),
    'static'. `detaches`: whether a gradient through the result is lost.
    """

    kind: str
    detaches: bool = False


_ROOMS = {
    "layers": "layer",
    "losses": "loss",
    "metrics": "metric",
    "optimizers": "optimizer",
    "regularizers": "regularizer",
    "initializers": "initializer",
    "constraints": "constraint",
    "callbacks": "callback",
    "applications": "model",
    "models": "model",
}
_BASES = {
    "keras.Model": "model",
    "keras.Sequential": "model",
    "keras.Layer": "layer",
    "keras.layers.Wrapper": "layer",
}
#: Classes that Keras shows in another module as well.
_ELSEWHERE = {"keras.mixed_precision.LossScaleOptimizer": "keras.optimizers.LossScaleOptimizer"}
_NO_CLASS = frozenset(("InputSpec", "Input"))
# What `training=True` switches: everything random, and the statistics of a batch. Keras passes
# `training` through Dense or MultiHeadAttention too, where it changes nothing by itself.
_RANDOM = ("Dropout", "Noise", "BatchNormalization", "Random", "SpectralNormalization", "Mix")


def keras_class(qualified: str) -> KerasClass | None:
    """The class of that name in any spelling; of classes not measured only the kind is told."""
    return _keras_class(qualified, edition(qualified))


@lru_cache(maxsize=1024)
def _keras_class(qualified: str, of: str) -> KerasClass | None:
    name = canonical(qualified)
    name = _ELSEWHERE.get(name, name)
    if name in _BASES:
        return KerasClass(name, _BASES[name], weights=True)
    parts = name.split(".")
    if len(parts) < 3 or parts[0] != "keras" or parts[1] not in _ROOMS:
        return None
    leaf = parts[-1]
    if leaf.isupper() and parts[1] in ("losses", "metrics") and leaf not in ("AUC", "CTC"):
        return None  # keras.losses.MSE, keras.metrics.KLD are functions
    # Some classes are known by their other name: keras.regularizers.l2.
    if leaf in _NO_CLASS or not (leaf[:1].isupper() or name in table.classes()):
        return None
    kind = "schedule" if "schedules" in parts else _ROOMS[parts[1]]
    matters = kind == "layer" and any(word in leaf for word in _RANDOM)
    row = table.class_row(name, of)
    if row is None:
        gradient = Gradient.NONE if kind == "metric" else Gradient.FLOWS
        return KerasClass(name, kind, gradient, training=matters, training_matters=matters)
    _, gradient_text, flag_text, detached = row.split("|")
    flags = flag_text.split()
    return KerasClass(
        name,
        kind,
        Gradient(gradient_text),
        weights="weights" in flags,
        non_trainable_weights="non-trainable" in flags,
        training="training" in flags,
        training_matters=matters,
        detached=tuple(map(int, detached.split())),
    )


def layer_class(qualified: str) -> KerasClass | None:
    """As `keras_class`, layers and models only."""
    found = keras_class(qualified)
    return found if found is not None and found.kind in ("layer", "model") else None


@lru_cache(maxsize=128)
def member(kind: str, name: str) -> MemberFact | None:
    """A method or attribute of an instance of a class of that kind."""
    if kind in ("model", "layer"):
        found = _LAYER.get(name)
        return found or (_MODEL.get(name) if kind == "model" else None)
    return {"metric": _METRIC, "optimizer": _OPTIMIZER, "loss": _LOSS}.get(kind, {}).get(name)


_HOST = MemberFact("host", detaches=True)
_CALL = MemberFact("call")
_STATE = MemberFact("state")
_STATIC = MemberFact("static")
_LAYER = {
    "__call__": _CALL,
    "call": _CALL,
    "stateless_call": _CALL,
    "compute_output_shape": _STATIC,
    "count_params": _STATIC,
    "build": _STATE,
    "set_weights": _STATE,
    "load_weights": _STATE,
    "add_loss": _STATE,
    "add_metric": _STATE,
    "get_weights": _HOST,
    "trainable_variables": MemberFact("trainable"),
    "trainable_weights": MemberFact("trainable"),
    "variables": MemberFact("variables"),
    "weights": MemberFact("variables"),
    "non_trainable_variables": MemberFact("non-trainable"),
    "non_trainable_weights": MemberFact("non-trainable"),
    "losses": MemberFact("losses"),
    "trainable": _STATIC,
    "built": _STATIC,
    "name": _STATIC,
    "dtype": _STATIC,
    "input_shape": _STATIC,
    "output_shape": _STATIC,
}
_MODEL = {
    **dict.fromkeys(
        ("predict", "predict_on_batch", "evaluate", "train_on_batch", "test_on_batch", "fit"),
        _HOST,
    ),
    "predict_step": _CALL,
    "compute_loss": _CALL,
    "compiled_loss": _CALL,
    "get_metrics_result": _HOST,
    "compute_metrics": MemberFact("result", detaches=True),
    "compile": _STATE,
    "save": _STATE,
    "save_weights": _STATE,
    "summary": _STATE,
    "reset_metrics": _STATE,
    "add": _STATE,
    "get_layer": _STATIC,
}
_METRIC = {
    "__call__": MemberFact("result", detaches=True),
    "result": MemberFact("result", detaches=True),
    "update_state": _STATE,
    "reset_state": _STATE,
    "reset_states": _STATE,
    "variables": MemberFact("variables"),
}
_LOSS = {"__call__": _CALL, "call": _CALL}
_OPTIMIZER = {
    "apply_gradients": MemberFact("gradient"),
    "apply": MemberFact("gradient"),
    "minimize": MemberFact("gradient"),  # Keras 2 only
    "compute_gradients": MemberFact("gradient"),
    "get_gradients": MemberFact("gradient"),
    "scale_loss": _CALL,
    "get_scaled_loss": _CALL,
    "get_unscaled_gradients": _CALL,
    "variables": MemberFact("variables"),
    "iterations": _STATIC,
    "learning_rate": _STATIC,
    "lr": _STATIC,
    "build": _STATE,
}
