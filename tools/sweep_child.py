"""The process that makes and runs the programs of `sweep_ops.py`: a line of JSON in, one out."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sources import REGIMES, Sources
from spec_lines import Line
from sweep_programs import Operation, Unsuited, operation


def leaves(result: Any, at: str = "") -> dict[str, Any]:
    """The tensors of a result by what is written behind the call to reach them."""
    match result:
        case tf.SparseTensor() | tf.IndexedSlices():
            return {f"{at}.values": result.values}
        case tf.RaggedTensor():
            return {f"{at}.flat_values": result.flat_values}
        case list() | tuple():
            parts = [leaves(part, f"{at}[{place}]") for place, part in enumerate(result)]
        case dict():
            parts = [leaves(part, f"{at}[{key!r}]") for key, part in result.items()]
        case tf.Tensor() | tf.Variable() | np.ndarray() | np.generic() | bool() | int() | float():
            return {at: result}
        case _:
            return {}
    return {place: part for found in parts for place, part in found.items()}


def run(program: str, mode: str, values: list[Any]) -> tuple[str, str]:
    """What the gradient is for these values, and the error if it raises.

    'cannot' where the forward pass fails without a tape, too: that is no matter of gradients.
    """
    names: dict[str, Any] = {}
    exec(compile(program, "<program>", "exec"), names)
    try:
        forward = names["forward"]
        (tf.function(forward) if mode == "graph" else forward)(*values)
    except Exception as error:
        return "cannot", f"{type(error).__name__}: {error}"
    try:
        gradient = names["ask"](*values)
    except Exception as error:
        return "raises", f"{type(error).__name__}: {error}"
    if gradient is None:
        return "none", ""
    dense = np.asarray(tf.convert_to_tensor(gradient))
    return ("flows" if np.any(dense != 0) else "zero"), ""


def outcome(program: str, mode: str, asked: Operation) -> tuple[str, str]:
    """The best that comes back over all regimes of values: nothing less is the operation's own."""
    seen: dict[str, str] = {}
    for regime in REGIMES:
        sources = Sources(regime)
        values = [sources.evaluate(maker, {"tf": tf}) for maker in asked.makers]
        found, error = run(program, mode, values)
        seen.setdefault(found, error)
        if found == "flows":
            break
    for found in ("flows", "zero", "none", "raises", "cannot"):
        if found in seen:
            return found, seen[found]
    raise AssertionError


def shape_of(asked: Operation) -> dict[str, Any]:
    """The leaves of the result in the first regime that the call can be run in."""
    error: Exception | None = None
    for regime in REGIMES:
        names: dict[str, Any] = {}
        sources = Sources(regime)
        try:
            exec(asked.bare, names)
            values = [sources.evaluate(maker, {"tf": tf}) for maker in asked.makers]
            return leaves(names["forward"](*values))
        except Exception as problem:
            error = error or problem
    raise Unsuited(f"cannot be called: {type(error).__name__}: {error}"[:120])


def sweep(line: Line, mode: str) -> list[dict[str, str]]:
    """One program for each source and part of the result, and what a run of it gives."""
    asked = operation(line)
    try:
        shape = shape_of(asked)
    except Unsuited as problem:
        if "unexpected keyword" not in str(problem):
            raise
        asked = operation(line, positional=True)
        shape = shape_of(asked)
    parts = {
        leaf: part
        for leaf, part in shape.items()
        if not (isinstance(part, tf.Tensor) and part.dtype in (tf.string, tf.variant, tf.resource))
    }
    if not parts:
        raise Unsuited("gives no number back")
    records = []
    for leaf in parts:
        for source in asked.parameters:
            program = asked.program(mode, source, leaf)
            ran, error = outcome(program, mode, asked)
            records.append(
                {
                    "leaf": leaf,
                    "source": source,
                    "program": program,
                    "run": ran,
                    "error": error[:200].replace("\n", " "),
                }
            )
    return records


def main() -> None:
    warnings.simplefilter("ignore")
    tf.get_logger().setLevel("ERROR")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an operation prints is no answer
    for text in sys.stdin:
        asked = json.loads(text)
        tf.random.set_seed(7)
        keras.utils.set_random_seed(7)
        try:
            answer: dict[str, Any] = {"records": sweep(Line(*asked["line"]), asked["mode"])}
        except Unsuited as problem:
            answer = {"unsuited": str(problem)}
        keras.backend.clear_session()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
