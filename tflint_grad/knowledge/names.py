"""One spelling for every name: aliases of a function share a record in the tables."""

from __future__ import annotations

from functools import lru_cache

from tflint_grad.knowledge import table

# Longest first where one begins another. tf_keras is Keras 2: `is_keras2` remembers that.
_PREFIXES = (
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow._api.v2.v2.", "tensorflow."),
    ("tensorflow._api.v2.", "tensorflow."),
    ("tensorflow.compat.v1.keras.", "keras."),
    ("tensorflow.python.keras.api._v2.keras.", "keras."),
    ("tensorflow.python.keras.", "keras."),
    ("tensorflow.keras.", "keras."),
    ("tensorflow.losses.", "keras.losses."),
    ("tensorflow.metrics.", "keras.metrics."),
    ("tensorflow.optimizers.", "keras.optimizers."),
    ("tensorflow.initializers.", "keras.initializers."),
    ("tf_keras.", "keras."),
    ("keras.src.", "keras."),
    ("keras.api._v2.keras.", "keras."),
    ("keras.api.", "keras."),
    ("keras._tf_keras.keras.", "keras."),
)
_TENSORFLOW = ("tensorflow", "keras", "tf_keras")
_MODULES = {
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.losses": "keras.losses",
    "tensorflow.metrics": "keras.metrics",
    "tensorflow.optimizers": "keras.optimizers",
    "tensorflow.initializers": "keras.initializers",
    "tf_keras": "keras",
}
# Private homes of public things that real code imports from, each with the public rooms to try.
_PRIVATE = {
    "tensorflow.python.eager.backprop": ("",),
    "tensorflow.python.eager.def_function": ("",),
    "tensorflow.python.eager.polymorphic_function.polymorphic_function": ("",),
    "tensorflow.python.framework.ops": ("",),
    "tensorflow.python.framework.constant_op": ("",),
    "tensorflow.python.ops.array_ops": ("", "linalg.", "strings."),
    "tensorflow.python.ops.array_ops_stack": ("",),
    "tensorflow.python.ops.check_ops": ("debugging.",),
    "tensorflow.python.ops.clip_ops": ("",),
    "tensorflow.python.ops.control_flow_ops": ("",),
    "tensorflow.python.ops.cond": ("",),
    "tensorflow.python.ops.while_loop": ("",),
    "tensorflow.python.ops.custom_gradient": ("",),
    "tensorflow.python.ops.embedding_ops": ("nn.",),
    "tensorflow.python.ops.functional_ops": ("",),
    "tensorflow.python.ops.gen_array_ops": ("", "raw_ops."),
    "tensorflow.python.ops.gen_math_ops": ("", "math.", "raw_ops."),
    "tensorflow.python.ops.image_ops": ("image.",),
    "tensorflow.python.ops.init_ops": ("",),
    "tensorflow.python.ops.linalg_ops": ("linalg.", ""),
    "tensorflow.python.ops.logging_ops": ("",),
    "tensorflow.python.ops.map_fn": ("",),
    "tensorflow.python.ops.math_ops": ("", "math.", "linalg."),
    "tensorflow.python.ops.nn": ("nn.",),
    "tensorflow.python.ops.nn_impl": ("nn.",),
    "tensorflow.python.ops.nn_ops": ("nn.",),
    "tensorflow.python.ops.random_ops": ("random.",),
    "tensorflow.python.ops.script_ops": ("",),
    "tensorflow.python.ops.special_math_ops": ("math.", ""),
    "tensorflow.python.ops.state_ops": ("",),
    "tensorflow.python.ops.variables": ("",),
    "tensorflow.python.util.nest": ("nest.",),
}
# The few names of graph mode that mean the same in TensorFlow 2; the rest of compat.v1 whose
# namespaces (losses, layers, metrics, train) differ in meaning stays as it is.
_V1 = "tensorflow.compat.v1."
_V1_OWN = (
    "losses.",
    "layers.",
    "metrics.",
    "train.",
    "estimator.",
    "distributions.",
    "nn.rnn_cell.",
)
_KERAS_ROOMS = frozenset(
    {
        "activations",
        "callbacks",
        "constraints",
        "initializers",
        "layers",
        "losses",
        "metrics",
        "ops",
        "optimizers",
        "regularizers",
    }
)
_KERAS_ALIASES = {
    "keras.models.Model": "keras.Model",
    "keras.engine.training.Model": "keras.Model",
    "keras.training.Model": "keras.Model",
    "keras.models.Functional": "keras.Model",
    "keras.models.Sequential": "keras.Sequential",
    "keras.engine.sequential.Sequential": "keras.Sequential",
    "keras.layers.Layer": "keras.Layer",
    "keras.engine.base_layer.Layer": "keras.Layer",
    "keras.layers.Input": "keras.Input",
    "keras.Loss": "keras.losses.Loss",
    "keras.Metric": "keras.metrics.Metric",
    "keras.Optimizer": "keras.optimizers.Optimizer",
    "keras.backend.Variable": "keras.Variable",
}


@lru_cache(maxsize=4096)
def canonical(qualified: str) -> str:
    """The one spelling under which the tables know a fully qualified name.

    >>> canonical("tensorflow.compat.v2.math.argmax")
    'tensorflow.argmax'
    """
    if not qualified.startswith(("tensorflow", "tf_keras", "keras")):
        return qualified
    name = _MODULES.get(qualified, qualified)
    if name.startswith(_V1) and not name.startswith("tensorflow.compat.v1.keras."):
        name = _of_graph_mode(name)
    name = _without_prefix(_without_prefix(name))  # tensorflow.compat.v2.keras.layers
    if name.startswith("tensorflow.python."):
        name = _of_private_module(name)
    if name.startswith("keras."):
        name = _of_keras(name)
    return table.aliases().get(name, name)


def is_tensorflow(qualified: str | None) -> bool:
    """Whether a full name is of TensorFlow or Keras."""
    return qualified is not None and qualified.split(".")[0] in _TENSORFLOW


def edition(qualified: str) -> str:
    """Which edition of the tables speaks of a name: that of a version, or of Keras 2."""
    return table.KERAS_2 if is_keras2(qualified) else table.selected()


def is_keras2(qualified: str) -> bool:
    """Whether the name surely belongs to Keras 2, whose classes behave unlike Keras 3's."""
    return _is_keras2(qualified, table.keras2_is_meant())


@lru_cache(maxsize=4096)
def _is_keras2(qualified: str, is_meant: bool) -> bool:
    if is_meant and canonical(qualified).partition(".")[0] == "keras":
        return True
    return (
        qualified == "tf_keras"
        or qualified.startswith(
            ("tf_keras.", "tensorflow.python.keras.", "tensorflow.compat.v1.keras")
        )
        or ".optimizers.legacy." in qualified
        or ".python.keras." in qualified
    )


def _without_prefix(name: str) -> str:
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix):
            return replacement + name[len(prefix) :]
    return name


def _of_graph_mode(name: str) -> str:
    rest = name[len(_V1) :]
    if rest.startswith(_V1_OWN):
        return name
    known = table.aliases().get(name)
    return known or "tensorflow." + rest


def _of_private_module(name: str) -> str:
    module, _, leaf = name.rpartition(".")
    for room in _PRIVATE.get(module, ()):
        public = f"tensorflow.{room}{leaf}"
        public = table.aliases().get(public, public)
        if table.row(public) is not None or leaf == "GradientTape":
            return public
    return name


def _of_keras(name: str) -> str:
    name = _KERAS_ALIASES.get(name, name)
    parts = name.split(".")
    # keras.layers.core.dense.Dense, keras.layers.experimental.preprocessing.Hashing,
    # keras.optimizers.legacy.Adam, keras.ops.numpy.mean (but keras.ops.image.resize is its own).
    if (
        len(parts) > 3
        and "schedules" not in parts
        and parts[1] in _KERAS_ROOMS
        and (parts[-1][:1].isupper() or parts[1] == "ops")
    ):
        short = f"keras.{parts[1]}.{parts[-1]}"
        if parts[1] != "ops" or short in table.rows():
            name = _KERAS_ALIASES.get(short, short)
    return name
