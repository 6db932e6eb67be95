"""Which classes and functions Keras calls by itself, and how."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from tflint_grad.flow.values import Argument, Class, Function
from tflint_grad.knowledge import table
from tflint_grad.knowledge.keras_api import keras_class
from tflint_grad.knowledge.names import is_keras2

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

_RUN_BY_FIT = ("call", "train_step", "test_step")
#: What any object that owns variables can be asked for.
MODEL_MEMBERS = frozenset(
    [
        "trainable_variables",
        "trainable_weights",
        "variables",
        "weights",
        "losses",
        "optimizer",
        "compiled_loss",
        "metrics",
        "trainable",
        "save",
        "save_weights",
        "load_weights",
        "summary",
        "compile",
        "fit",
        "predict",
        "name",
    ]
)
#: What every tf.Module has.
MODULE_MEMBERS = frozenset(
    ["trainable_variables", "variables", "non_trainable_variables", "submodules", "name"]
)
_MODULES = ("tensorflow.Module", "sonnet.Module", "gpflow.Module", "gpflow.models.GPModel")


def makes_owners(cls: Class) -> bool:
    """Whether instances of a class of the project own variables, by its bases in libraries."""
    return is_model_class(cls) or any(base in _MODULES for base in cls.library_bases())


def is_model_class(cls: Class) -> bool:
    """Whether a class of the project derives from a model or layer of Keras."""
    found = (keras_class(base) for base in cls.library_bases())
    return any(base is not None and base.kind in ("model", "layer") for base in found)


def hook_mode(function: Function, cls: Class | None) -> str:
    """How Keras runs a method under `fit`: 'graph', 'autograph'; '' where it is no hook.

    TF 2.21: Keras 3 (3.15) converts nothing; Keras 2 (tf_keras 2.21) converts `call`, of losses too,
    and not `train_step`. With TF 2.15 (keras 2.15) it is the same; TF 2.16 converts all of tf_keras.
    """
    if cls is None or function.name not in _RUN_BY_FIT:
        return ""
    for base in cls.library_bases():
        found = keras_class(base)
        if found is not None and found.kind in ("model", "layer", "loss"):
            converted = is_keras2(base) and (
                function.name == "call"
                or (table.selected() == "2.16" and base.startswith("tf_keras"))
            )
            return "autograph" if converted else "graph"
    return ""


def accepted_arguments(x: Execution, method: Function, arguments: Many[Argument]) -> list[Argument]:
    """`layer(x, training=True)`: Keras passes `training` and `mask` only to a `call` that has them."""
    params = method.node.params
    known = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    if params.star_kwarg is not None:
        return list(arguments)
    return [
        entry
        for entry in arguments
        if entry.keyword not in ("training", "mask") or entry.keyword in known
    ]
