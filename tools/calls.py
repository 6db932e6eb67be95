"""A line of the specifications as a call that can be made, and what its result is."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
from sources import Sources
from spec_lines import OBJECTS, Line
from which_keras import IS_KERAS_2, keras

MODULES = {"tf": tf, "tnp": tnp, "np": np, "keras": keras}


class Call:
    """A specification taken apart: the function and each argument's expression, by parameter."""

    def __init__(self, line: Line) -> None:
        self.line = line
        # The functions of Keras 2's backend live on under this name only.
        text = line.call.strip().replace("keras.backend.", "tf.keras.backend.")
        tree = ast.parse(text, mode="eval").body
        self.parameters: list[str] = []
        self.arguments: list[tuple[str | None, str, str]] = []  # keyword, expression, parameter
        self.constructor: str | None = None
        if line.kind in OBJECTS:
            assert isinstance(tree, ast.Call)
            self.constructor = ast.unparse(tree.func)
        if line.name.startswith("operator."):
            self.function = None
            names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
            for name in dict.fromkeys(n for n in names if n not in ("e", "tf", "abs")):
                self.arguments.append((name, name, name))
            self.expression = compile(line.call.strip(), "<spec>", "eval")
            return
        assert isinstance(tree, ast.Call), line
        self.function = ast.unparse(tree.func)
        callable_ = None if self.constructor else eval(self.function, dict(MODULES))
        try:
            signature = inspect.signature(callable_).parameters if callable_ else {}
        except (TypeError, ValueError):
            signature = {}
        self.parameters = list(signature)
        for position, node in enumerate(tree.args):
            if isinstance(node, ast.Starred):
                self.arguments.append(("*", ast.unparse(node.value), self._at(position)))
            else:
                self.arguments.append((None, ast.unparse(node), self._at(position)))
        for keyword in tree.keywords:
            name = keyword.arg or "**"
            if self.parameters and name not in self.parameters:
                # Specifications share calls among aliases whose first parameter differs in name.
                at = len(self.arguments)
                self.arguments.append((None, ast.unparse(keyword.value), self._at(at)))
            else:
                self.arguments.append((name, ast.unparse(keyword.value), name))

    def _at(self, position: int) -> str:
        return self.parameters[position] if position < len(self.parameters) else f"#{position}"


def run(
    call: Call,
    sources: Sources,
    objects: dict[str, Any],
    edge: str = "",
    at_edge: frozenset[str] = frozenset(),
) -> tuple[Any, dict[str, list[Any]]]:
    """The result and, by parameter, the sources that went into it.

    `objects` keeps what a constructor made. The parameters in `at_edge` get the values of `edge`.
    """
    regime = sources.regime
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    used: dict[str, list[Any]] = {}
    for keyword, expression, parameter in call.arguments:
        made = len(sources.made)
        sources.regime = edge if parameter in at_edge else regime
        value = sources.evaluate(expression, MODULES)
        used.setdefault(parameter, []).extend(sources.made[made:])
        if keyword is None:
            positional.append(value)
        elif keyword == "*":
            positional.extend(value)
        else:
            keywords[keyword] = value
    if call.function is None:
        return eval(call.expression, {"tf": tf, **keywords}), used
    if call.constructor:
        function = objects.get("it")
        if function is None:
            function = objects["it"] = eval(call.function, {**MODULES, "kw": {}})
        if "training" in call_parameters(function):
            keywords["training"] = True
    else:
        function = eval(call.function, dict(MODULES))
        if call.line.kind == "compiled":
            function = tf.function(function, jit_compile=True)
    return function(*positional, **keywords), used


def call_parameters(instance: Any) -> list[str]:
    """The parameters of a layer's `call`."""
    is_layer = isinstance(instance, keras.layers.Layer)
    return list(inspect.signature(instance.call).parameters) if is_layer else []


def dtype_of(leaf: Any) -> str:
    kind = leaf.dtype
    if kind.is_bool:
        return "bool"
    if kind.is_integer or kind.is_quantized:
        return "int"
    if kind.is_complex:
        return "complex"
    return "float" if kind.is_floating else "string"


def dtype_of_result(result: Any) -> str:
    """The type of the values of a result, of several the first one's."""
    match result:
        case tf.SparseTensor() | tf.IndexedSlices():
            return dtype_of(result.values)
        case tf.RaggedTensor():
            return dtype_of(result.flat_values)
        case [first, *_]:
            return dtype_of_result(first)
        case _:
            found = leaves(result)
            return dtype_of(found[0]) if found else "any"


def result_type(call: Call, result: Any) -> str:
    """'same' where integers in give integers out."""
    if call.line.kind == "cast":
        return "cast"
    if call.line.kind in ("higher-order", "host"):
        return "any"  # given by what is handed over
    if not leaves(result):
        return "none" if result is None else "any"
    first = dtype_of_result(result)
    if first not in ("float", "complex") or not call.arguments:
        return first
    integers = Sources("integers")
    try:
        other, used = run(call, integers, {})
        if any(used.values()) and dtype_of_result(other) == "int":
            return "same"
    except Exception:  # does not take integers
        return first
    return first


def leaves(result: Any) -> list[Any]:
    """The tensors of a result."""
    if not IS_KERAS_2 and isinstance(result, keras.KerasTensor):
        return []
    flat = tf.nest.flatten(result, expand_composites=True)
    return [leaf for leaf in flat if isinstance(leaf, (tf.Tensor, tf.Variable))]


def no_data(value: Any) -> bool:
    """Whether an argument is no floating point data: indices, shapes, flags, names."""
    if isinstance(value, (bool, int, str, tf.DType, tf.TensorShape, type)):
        return True
    if isinstance(value, (list, tuple)):
        return all(no_data(element) for element in value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biu"
    if isinstance(value, tf.Tensor):
        return not (value.dtype.is_floating or value.dtype.is_complex)
    return False
