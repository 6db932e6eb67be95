"""Where a gradient turns infinite or NaN although the result is finite."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from calls import Call, leaves, run
from sources import EDGES, Sources


def measure_at_edges(call: Call) -> dict[str, list[str]]:
    """At which edges the result is finite and the gradient is not, by what stands at the edge."""
    found: dict[str, list[str]] = {}
    parameters = list(dict.fromkeys(parameter for _, _, parameter in call.arguments))
    for edge in EDGES:
        for at_edge in (*([p] for p in parameters), parameters):
            sources = Sources("unit")
            with tf.GradientTape(persistent=True) as tape:
                sources.tape = tape
                try:
                    result, used = run(call, sources, {}, edge, frozenset(at_edge))
                except Exception:  # outside the operation's domain
                    continue
            if not any(used[parameter] for parameter in at_edge):
                continue
            if _turns_infinite(tape, leaves(result), sources.made):
                name = " ".join(p for p in at_edge if used[p])
                if edge not in found.setdefault(name, []):
                    found[name].append(edge)
    return found


def _turns_infinite(tape: tf.GradientTape, found: list[Any], sources: list[Any]) -> bool:
    for leaf in found:
        if not (leaf.dtype.is_floating and bool(tf.reduce_all(tf.math.is_finite(leaf)))):
            continue
        for source in sources:
            try:
                gradient = tape.gradient(leaf, source)
            except Exception:  # no gradient at all: measured elsewhere
                continue
            if gradient is not None:
                gradient = tf.convert_to_tensor(gradient)
                if not bool(tf.reduce_all(tf.math.is_finite(gradient))):
                    return True
    return False
