"""What becomes of a call's gradient in graphs: with the tape inside `tf.function`, and around it."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from calls import Call, leaves, run
from sources import Sources
from statuses import asked, best, status_of


def measure_in_graph(call: Call, regime: str) -> dict[str, str]:
    """In one regime of values, by where the tape is: 'inside' of `tf.function`, or 'outside'."""
    made = Sources(regime)
    run(call, made, {})
    return {"inside": _inside(call, made.made), "outside": _outside(call, made.made)}


def _inside(call: Call, made: list[Any]) -> str:
    kinds: list[str] = []

    def step(*given: Any) -> list[Any]:
        kinds.clear()
        sources = Sources("unit", list(given))
        with tf.GradientTape(persistent=True) as tape:
            sources.tape = tape
            result, _ = run(call, sources, {})
        gradients = []
        for leaf in leaves(result):
            for source in sources.made:
                status, gradient = asked(tape, leaf, source)
                kinds.append(status)
                gradients.append(tf.zeros([]) if gradient is None else gradient)
        return gradients

    try:
        values = tf.function(step, autograph=False)(*made)
    except Exception as error:
        return _raised(error)
    found = [
        "zero" if kind == "flows" and not bool(tf.reduce_any(tf.not_equal(value, 0.0))) else kind
        for kind, value in zip(kinds, values, strict=True)
    ]
    return best(found)


def _outside(call: Call, made: list[Any]) -> str:
    def step(*given: Any) -> list[Any]:
        result, _ = run(call, Sources("unit", list(given)), {})
        return leaves(result)

    watched = [tf.identity(source) for source in made]
    with tf.GradientTape(persistent=True) as tape:
        for source in watched:
            if source.dtype.is_floating:
                tape.watch(source)
        try:
            found = tf.function(step, autograph=False)(*watched)
        except Exception as error:
            return _raised(error)
    return best([status_of(tape, leaf, source) for leaf in found for source in watched])


def _raised(error: Exception) -> str:
    return f"raises {type(error).__name__}: {error}"[:100].replace("\n", " ")
