"""The process that calls TensorFlow for `measure_ops.py`: one JSON record a line on stdout."""

from __future__ import annotations

import json
import sys
import warnings

import keras
import numpy as np
import tensorflow as tf
from api_walk import aliases
from measuring import measure
from spec_lines import class_lines, operation_lines


def main() -> None:
    warnings.simplefilter("ignore")
    begin = int(sys.argv[1])
    lines = operation_lines() + class_lines()
    if begin == 0:
        header = {
            "index": -1,
            "aliases": aliases(tf, keras),
            "measured": {
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
                "python": ".".join(map(str, sys.version_info[:2])),
            },
        }
        print(json.dumps(header), flush=True)
    for index, line in enumerate(lines):
        if index < begin:
            continue
        tf.random.set_seed(index)
        keras.utils.set_random_seed(index)
        try:
            record = measure(line)
        except Exception as error:  # a wrong specification: named in the report
            record = {"name": line.name, "call": line.call, "kind": line.kind}
            record["error"] = f"{type(error).__name__}: {error}"[:150]
        record["index"] = index
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
