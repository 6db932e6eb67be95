"""What a call does to a gradient: the record of one line of the specifications."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import tensorflow as tf
from calls import MODULES, Call, call_parameters, dtype_of_result, leaves, no_data, result_type, run
from edges import measure_at_edges
from graphs import measure_in_graph
from sources import REGIMES, Sources
from spec_lines import Line
from statuses import best, status_of
from which_keras import IS_KERAS_2, keras


def measure(line: Line, also: Collection[str] = ("graphs", "edges")) -> dict[str, Any]:
    """The record of one call: in several regimes of values, and also in graphs and at edges."""
    call = Call(line)
    record: dict[str, Any] = {
        "name": line.name,
        "call": line.call,
        "kind": line.kind,
        "parameters": call.parameters if not call.constructor else [],
        "dtype": "any",
    }
    pairs: dict[str, list[str]] = {}  # of each parameter, what comes back from each result
    regimes: dict[str, dict[str, str]] = {}
    objects: dict[str, Any] = {}
    parts: list[int] | None = None
    error = ""
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
        if not regimes:
            record["dtype"] = result_type(call, result)
            parts = _parts(result, line.kind)
            if parts:
                record["output_dtypes"] = [dtype_of_result(part) for part in result]
        if call.constructor and "weights" not in record.get("flags", ()):
            record["flags"] = flags_of(objects["it"], tape, found)
        regimes[regime] = {}
        for parameter, own in used.items():
            if not own:
                continue
            row = [best([status_of(tape, leaf, source) for source in own]) for leaf in found]
            # Results may come in another number with other values.
            before = pairs.get(parameter, [])
            pairs[parameter] = [
                best([*row[at : at + 1], *before[at : at + 1]])
                for at in range(max(len(row), len(before)))
            ]
            regimes[regime][parameter] = best(row)
        every = [status for row in pairs.values() for status in row]
        certain = "weights-cut" not in record.get("flags", ())
        if every and certain and all(status == "flows" for status in every):
            break
    if not regimes:
        record["error"] = error
        return record
    _conclude(record, call, pairs, regimes, parts)
    if line.kind != "op" or not record["measured"]:
        return record
    if "edges" in also:
        # Where no gradient comes back, none is infinite.
        record["edges"] = measure_at_edges(call) if record["gradient"] == "flows" else {}
    if "graphs" in also:
        by_gradient = {name: best([*statuses.values()]) for name, statuses in regimes.items()}
        telling = max(by_gradient, key=lambda name: by_gradient[name] == record["gradient"])
        record["graph"] = measure_in_graph(call, telling)
    return record


def _parts(result: Any, kind: str) -> list[int] | None:
    """How many tensors each of several results is made of; None where one comes back."""
    if not isinstance(result, tuple) or len(result) < 2 or kind in ("structure", "higher-order"):
        return None
    sizes = [len(leaves(part)) for part in result]
    return sizes if all(sizes) else None


def _conclude(
    record: dict[str, Any],
    call: Call,
    pairs: dict[str, list[str]],
    regimes: dict[str, dict[str, str]],
    parts: list[int] | None,
) -> None:
    """Fills in what the table asks for."""
    record["measured"] = sorted(pairs)
    record["arguments"] = {parameter: best(row) for parameter, row in pairs.items()}
    record["pairs"] = {parameter: row for parameter, row in pairs.items() if len(set(row)) > 1}
    record["regimes"] = {
        regime: statuses
        for regime, statuses in regimes.items()
        if any(status != record["arguments"][name] for name, status in statuses.items())
    }
    for keyword, expression, parameter in call.arguments:
        if (
            parameter not in pairs
            and keyword != "*"
            and no_data(Sources("unit").evaluate(expression, MODULES))
        ):
            record["arguments"][parameter] = "none"
    record["gradient"] = best([best(row) for row in pairs.values()])
    record["outputs"] = []
    begin = 0
    for size in parts or ():
        rows = [best(row[begin : begin + size]) for row in pairs.values()]
        record["outputs"].append(best(rows))
        begin += size
    record["detached"] = [
        str(at)
        for at, (_, _, parameter) in enumerate(call.arguments)
        if record["arguments"].get(parameter) == "none"
    ]


def flags_of(instance: Any, tape: tf.GradientTape, found: list[Any]) -> list[str]:
    """What a built Keras layer holds and does."""
    if not isinstance(instance, keras.layers.Layer):
        return []
    flags = []
    if "training" in call_parameters(instance):
        flags.append("training")
    if instance.trainable_variables:
        through = [
            status_of(tape, leaf, weight if IS_KERAS_2 else weight.value)
            for leaf in found
            for weight in instance.trainable_variables
        ]
        flags.append("weights" if best(through) == "flows" else "weights-cut")
    if instance.non_trainable_variables:
        flags.append("non-trainable")
    return flags


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
