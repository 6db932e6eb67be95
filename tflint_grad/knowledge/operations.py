"""What an operation does to a gradient, its result's type and how its parameters take part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from tflint_grad.knowledge import table
from tflint_grad.knowledge.names import canonical, edition


class Gradient(str, Enum):
    """What comes back through an operation."""

    FLOWS = "flows"
    NONE = "none"
    ZERO = "zero"
    UNREGISTERED = "unregistered"  # LookupError: no gradient defined
    FAILS = "fails"  # a gradient is registered, and raises another error

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class OpFact:
    """One operation.

    `dtype` of the result: 'float', 'int', 'bool', 'string', 'complex', 'same' (as the operands),
    'cast' (given by an argument), 'any' (not fixed), 'none' (no tensor comes back).
    `detached`: parameters that carry no gradient by nature (indices, shapes, conditions), by name
    and by position. `outputs`, `output_dtypes`: one entry per result where a tuple comes back.
    `kind`: 'op', 'cast', 'creation', 'variable', 'structure', 'higher-order', 'stop', 'print',
    'assert', 'host', 'state', 'static', 'context'.
    """

    gradient: Gradient
    dtype: str = "same"
    detached: tuple[str | int, ...] = ()
    outputs: tuple[Gradient, ...] | None = None
    parameters: tuple[str, ...] = ()
    kind: str = "op"
    output_dtypes: tuple[str, ...] | None = None

    def carries(self, parameter: str | int) -> bool:
        """Whether this argument, by name or position, can bring a gradient."""
        return parameter not in self.detached

    def parameter(self, position: int) -> str | None:
        """The name of the parameter at a position, where the signature is known."""
        return self.parameters[position] if position < len(self.parameters) else None


#: Operations that return a Python list of tensors, in whatever module they are.
LISTS = frozenset(
    (
        "array_split",
        "broadcast_arrays",
        "dsplit",
        "dynamic_partition",
        "hsplit",
        "meshgrid",
        "shape_n",
        "split",
        "unstack",
        "vsplit",
        *("DynamicPartition", "Split", "SplitV", "Unpack"),
    )
)


#: Operations of whose several results this one is a list (TF 2.21).
LIST_AMONG = {"tensorflow.io.decode_proto": 1}


def fact(qualified: str) -> OpFact | None:
    """The fact about a fully qualified name in any spelling; None for what is not known."""
    return _fact(qualified, edition(qualified))


@lru_cache(maxsize=4096)
def _fact(qualified: str, of: str) -> OpFact | None:
    name = canonical(qualified)
    row = table.row(name, of)
    if row is not None:
        return _parse(row)
    if name.startswith("tensorflow.experimental.numpy.") and name.count(".") == 3:
        return OpFact(Gradient.FLOWS)
    return None


@lru_cache(maxsize=512)
def tensor_method(name: str) -> OpFact | None:
    """A method of a tensor, variable or TensorArray; `self` is not among its parameters."""
    row = table.rows().get(f"Tensor.{name}")
    return None if row is None else _parse(row)


@lru_cache(maxsize=128)
def tensor_attribute(name: str) -> OpFact | None:
    """An attribute that is read, not called; of kind 'static': it carries no values."""
    return _ATTRIBUTES.get(name)


@lru_cache(maxsize=64)
def operator(symbol: str) -> OpFact | None:
    """A Python operator on tensors: '+', '//', '<', 'not', '[]', 'unary -' ..."""
    row = table.rows().get(f"operator.{symbol}")
    return None if row is None else _parse(row)


def rewraps(qualified: str) -> frozenset[str]:
    """What a constructor copies without its gradient: 'tensor', 'variable' (TFG203).

    TF 2.21: tf.constant hands a tensor on and copies a variable; tf.convert_to_tensor, tf.identity
    and keras.ops.array hand on both.
    """
    return _REWRAPS.get(canonical(qualified), frozenset())


def _parse(row: str) -> OpFact:
    gradient, dtype, kind, parameters, detached, outputs, dtypes = row.split("|")
    names = tuple(parameters.split())
    cut: list[str | int] = []
    for name in detached.split():
        cut.append(name)
        if name in names:
            cut.append(names.index(name))
    return OpFact(
        gradient=Gradient(gradient),
        dtype=dtype,
        detached=tuple(cut),
        outputs=tuple(map(Gradient, outputs.split())) or None,
        parameters=names,
        kind=kind,
        output_dtypes=tuple(dtypes.split()) or None,
    )


_REWRAPS: dict[str, frozenset[str]] = {
    "tensorflow.constant": frozenset(("variable",)),
    "keras.backend.constant": frozenset(("variable",)),
    "tensorflow.Variable": frozenset(("tensor", "variable")),
    "keras.Variable": frozenset(("tensor", "variable")),
    "keras.backend.variable": frozenset(("tensor", "variable")),
}
_STATIC = OpFact(Gradient.NONE, dtype="none", kind="static")
_SELF = OpFact(Gradient.FLOWS, dtype="same", kind="structure")
_ATTRIBUTES: dict[str, OpFact] = {
    **dict.fromkeys(
        ("aggregation", "constraint", "device", "dtype", "graph", "handle", "initializer", "name"),
        _STATIC,
    ),
    **dict.fromkeys(("ndim", "op", "path", "shape", "synchronization", "trainable"), _STATIC),
    **dict.fromkeys(("T", "values", "flat_values"), _SELF),
    # A property of keras.Variable, a method of tf.Variable: both are the variable's own value.
    "value": _SELF,
    "indices": OpFact(Gradient.NONE, dtype="int", kind="static"),
    "dense_shape": OpFact(Gradient.NONE, dtype="int", kind="static"),
}
