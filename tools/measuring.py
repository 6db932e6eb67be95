"""What a call does to a gradient: the record of one line of the specifications."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp
from sources import REGIMES, Sources
from spec_lines import Line

MODULES = {"tf": tf, "tnp": tnp, "np": np, "keras": keras}
_RANK = ("none", "zero", "fails", "unregistered", "flows")


def _best(statuses: list[str]) -> str:
    return max(statuses, key=_RANK.index, default="none")


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
        if line.kind in ("layer", "loss", "metric"):
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


def leaves(result: Any) -> list[Any]:
    """The tensors of a result."""
    if isinstance(result, keras.KerasTensor):
        return []
    flat = tf.nest.flatten(result, expand_composites=True)
    return [leaf for leaf in flat if isinstance(leaf, (tf.Tensor, tf.Variable))]


def status_of(tape: tf.GradientTape, output: Any, source: Any) -> str:
    """What comes back from one result to one source, under a random upstream gradient."""
    if not (output.dtype.is_floating or output.dtype.is_complex):
        return "none"
    shape = tf.shape(output)
    upstream = tf.cast(tf.random.uniform(shape, 0.5, 1.5, seed=7), output.dtype)
    try:
        gradient = tape.gradient(output, source, output_gradients=upstream)
    except LookupError:
        return "unregistered"
    except Exception as error:  # whatever a gradient function raises is the measurement
        return "unregistered" if "gradient registry" in str(error) else "fails"
    if gradient is None:
        return "none"
    gradient = tf.convert_to_tensor(gradient)
    if not tf.executing_eagerly():
        return "flows"
    return "flows" if bool(tf.reduce_any(tf.not_equal(gradient, 0.0))) else "zero"


def run(call: Call, sources: Sources, objects: dict[str, Any]) -> tuple[Any, dict[str, list[Any]]]:
    """The result and, by parameter, the sources that went into it."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    used: dict[str, list[Any]] = {}
    for keyword, expression, parameter in call.arguments:
        made = len(sources.made)
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


def result_type(call: Call, result: Any) -> str:
    """'same' where integers in give integers out."""
    found = leaves(result)
    if call.line.kind == "cast":
        return "cast"
    if call.line.kind in ("higher-order", "host"):
        return "any"  # given by what is handed over
    if not found:
        return "none" if result is None else "any"
    first = dtype_of(result.values if isinstance(result, tf.SparseTensor) else found[0])
    if first not in ("float", "complex") or not call.arguments:
        return first
    integers = Sources("integers")
    try:
        other, used = run(call, integers, {})
        if any(used.values()) and dtype_of(leaves(other)[0]) == "int":
            return "same"
    except Exception:  # does not take integers
        return first
    return first


def measure(line: Line) -> dict[str, Any]:
    call = Call(line)
    record: dict[str, Any] = {
        "name": line.name,
        "call": line.call,
        "kind": line.kind,
        "parameters": call.parameters if not call.constructor else [],
        "arguments": {},
        "measured": [],
        "outputs": [],
        "output_dtypes": [],
        "dtype": "any",
    }
    statuses: dict[str, list[str]] = {}
    outputs: list[list[str]] = []
    done = False
    error = ""
    objects: dict[str, Any] = {}
    for regime in REGIMES:
        sources = Sources(regime)
        with tf.GradientTape(persistent=True) as tape:
            sources.tape = tape
            try:
                result, used = run(call, sources, objects)
            except Exception as problem:  # outside the operation's domain in this regime
                error = error or f"{type(problem).__name__}: {problem}"[:150]
                continue
        found = leaves(result)
        if not done:
            done = True
            record["dtype"] = result_type(call, result)
            if isinstance(result, tuple) and len(result) > 1:
                parts = [leaves(part) for part in result]
                if all(parts) and line.kind not in ("structure", "higher-order"):
                    outputs = [[] for _ in parts]
                    record["output_dtypes"] = [dtype_of(part[0]) for part in parts]
        for parameter, own in used.items():
            for source in own:
                for leaf in found:
                    status = status_of(tape, leaf, source)
                    statuses.setdefault(parameter, []).append(status)
            if own:
                record["measured"] = sorted({*record["measured"], parameter})
                statuses.setdefault(parameter, [])
        for part, into in zip(result if outputs else (), outputs, strict=True):
            for leaf in leaves(part):
                own = [source for used_ in used.values() for source in used_]
                into.append(_best([status_of(tape, leaf, source) for source in own]))
        if call.constructor and "weights" not in record.get("flags", ()):
            record["flags"] = flags_of(objects["it"], tape, found)
        every = [_best(found_) for found_ in statuses.values()]
        certain = not outputs and "weights-cut" not in record.get("flags", ())
        if every and certain and all(status == "flows" for status in every):
            break
    if not done:
        record["error"] = error
        return record
    for keyword, expression, parameter in call.arguments:
        if parameter in statuses:
            record["arguments"][parameter] = _best(statuses[parameter])
        elif keyword != "*" and no_data(Sources("unit").evaluate(expression, MODULES)):
            record["arguments"][parameter] = "none"
    record["gradient"] = _best([_best(found_) for found_ in statuses.values()])
    record["outputs"] = [_best(part) for part in outputs]
    record["detached"] = [
        str(at)
        for at, (_, _, parameter) in enumerate(call.arguments)
        if record["arguments"].get(parameter) == "none"
    ]
    if line.kind == "op" and record["measured"] and not call.constructor:
        in_graph = measure_in_graph(call)
        if in_graph != ("flows" if record["gradient"] == "zero" else record["gradient"]):
            record["graph"] = f"{record['gradient']} in eager code, {in_graph} in a graph"
    return record


def measure_in_graph(call: Call) -> str:
    found: list[str] = []

    def step() -> None:
        sources = Sources("unit")
        with tf.GradientTape(persistent=True) as tape:
            sources.tape = tape
            result, _ = run(call, sources, {})
        for leaf in leaves(result):
            found.extend(status_of(tape, leaf, source) for source in sources.made)

    try:
        tf.function(step, autograph=False).get_concrete_function()
    except Exception as error:
        return f"raises {type(error).__name__}: {error}"[:100].replace("\n", " ")
    return _best(found)


def flags_of(instance: Any, tape: tf.GradientTape, found: list[Any]) -> list[str]:
    """What a built Keras layer holds and does."""
    if not isinstance(instance, keras.layers.Layer):
        return []
    flags = []
    if "training" in call_parameters(instance):
        flags.append("training")
    if instance.trainable_variables:
        through = [
            status_of(tape, leaf, weight.value)
            for leaf in found
            for weight in instance.trainable_variables
        ]
        flags.append("weights" if _best(through) == "flows" else "weights-cut")
    if instance.non_trainable_variables:
        flags.append("non-trainable")
    return flags


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


def grade(line: Line) -> str:
    """How much a call shows: 'flows', 'float' (no gradient), 'tensors', 'other'.

    Raises whatever the call raises in the first regime of values.
    """
    call = Call(line)
    sources = Sources("unit")
    with tf.GradientTape(persistent=True) as tape:
        sources.tape = tape
        result, _ = run(call, sources, {})
    found = leaves(result)
    if not found:
        return "other"
    floats = [source for source in sources.made if source.dtype.is_floating]
    if any(status_of(tape, leaf, source) == "flows" for leaf in found for source in floats):
        return "flows"
    return "float" if floats else "tensors"
