"""The process that calls TensorFlow for `measure_ops.py`: one JSON record a line on stdout.

Arguments: the line to begin with, every how many lines are measured, which of those, and whether
edges and graphs are measured too.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from typing import Any

import keras
import numpy as np
import raw_calls
import tensorflow as tf
from api_walk import aliases, public_callables, raw_operations, tensor_free
from measuring import measure
from spec_lines import class_lines, operation_lines

VERSIONS = {
    "tensorflow": tf.__version__,
    "keras": keras.__version__,
    "numpy": np.__version__,
    "python": ".".join(map(str, sys.version_info[:2])),
}


def header() -> dict[str, Any]:
    """What there is to measure."""
    public = {
        name: "class" if inspect.isclass(value) else "function"
        for name, value in public_callables(tf, keras).items()
        if not tensor_free(name)
    }
    raw = {name: raw_calls.why_not(name.rpartition(".")[2]) for name in raw_operations(tf)}
    return {
        "index": -1,
        "measured": VERSIONS,
        "aliases": aliases(tf, keras),
        "public": public,
        "raw": raw,
    }


def main() -> None:
    warnings.simplefilter("ignore")
    begin, step, part = map(int, sys.argv[1:4])
    whole = sys.argv[4] == "whole"
    if begin == 0:
        print(json.dumps(header()), flush=True)
    for index, line in enumerate(operation_lines() + class_lines()):
        if index < begin or index % step != part:
            continue
        tf.random.set_seed(index)
        keras.utils.set_random_seed(index)
        try:
            record = measure(line, whole)
        except Exception as error:  # a wrong specification: named in the report
            record = {"name": line.name, "call": line.call, "kind": line.kind}
            record["error"] = f"{type(error).__name__}: {error}"[:150]
        record["origin"] = line.origin
        record["index"] = index
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
