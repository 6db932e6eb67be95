"""The process that calls TensorFlow for `measure_ops.py`.

From stdin come the lines to measure, as JSON, and whether edges and graphs are measured too; to
stdout go what there is to measure at all and one record a line.
"""

from __future__ import annotations

import inspect
import json
import signal
import sys
import warnings
import zlib
from typing import Any

import numpy as np
import raw_calls
import tensorflow as tf
from api_walk import aliases, public_callables, raw_operations, tensor_free
from measuring import measure
from spec_lines import Line
from which_keras import keras

# tf.raw_ops.AdjustHue never returns from a huge angle.
LIMIT_S = 90
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
    floats = [
        n for n, why in raw.items() if not why and raw_calls.takes_floats(n.rpartition(".")[2])
    ]
    return {
        "measured": VERSIONS,
        "aliases": aliases(tf, keras),
        "public": public,
        "raw": raw,
        "raw_with_floats": floats,
    }


def main() -> None:
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    print(json.dumps(header()), flush=True)
    for fields in asked["lines"]:
        line = Line(**fields)
        signal.alarm(LIMIT_S)  # ends the process, even in the middle of an operation
        # The same numbers, whatever is measured before.
        keras.utils.set_random_seed(zlib.crc32(line.call.encode()) >> 1)
        try:
            record = measure(line, asked["also"])
        except Exception as error:  # a wrong specification: named in the report
            record = {**fields, "error": f"{type(error).__name__}: {error}"[:150]}
        print(json.dumps({**record, "origin": line.origin}), flush=True)


if __name__ == "__main__":
    main()
