"""Which host functions have an exact twin in TensorFlow that `knowledge/twins.py` does not name.

    python tools/find_twins.py

Evaluates every function of NumPy, SciPy and `math` beside functions of the same name, on random
arguments of several shapes. Only what agrees wherever the host function accepts the arguments, at
least once, through which a gradient flows, is printed: for a reader to judge, then to be named.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from tflint_grad.knowledge.host import host_function
from tflint_grad.knowledge.operations import Gradient, fact
from tflint_grad.knowledge.twins import TWINS

HOSTS = ("numpy", "numpy.linalg", "numpy.fft", "math", "scipy.special", "scipy.linalg", "scipy.fft")
ROOMS = {
    "tensorflow": tf,
    "tensorflow.math": tf.math,
    "tensorflow.linalg": tf.linalg,
    "tensorflow.signal": tf.signal,
    "tensorflow.experimental.numpy": tnp,
}


def arguments(random: np.random.Generator) -> Iterator[tuple[Any, ...]]:
    """Positional arguments of the shapes that most functions take one of."""
    a, b = random.uniform(0.1, 0.9, 4), random.uniform(-2.0, 2.0, 4)
    matrix = random.uniform(-1.0, 1.0, (3, 3))
    positive = matrix @ matrix.T + 3.0 * np.eye(3)
    number, other = float(a[0]), float(b[0])
    yield from ((a,), (b,), (a, a[::-1].copy()), (a, b), (b, a), (number,), (other,))
    yield from ((number, other), (positive,), (matrix,), (positive, matrix), (matrix, a[:3]))
    yield from (
        ([a, b],),
        (a, 2),
        (a + 1j * b,),
        (matrix, 0),
        (a, a, a[::-1].copy()),
        (a > 0.5, a, b),
    )


def agree(function: Any, twin: Any, random: np.random.Generator) -> bool | None:
    """Whether both give the same wherever the host function gives anything; None: nowhere."""
    agreed: bool | None = None
    for given in arguments(random):
        try:
            expected = np.asarray(function(*given))
            if expected.dtype.kind not in "fc" or not np.all(np.isfinite(expected)):
                continue
        except Exception:  # takes other arguments
            continue
        try:
            result = np.asarray(twin(*map(_tensor, given)))
        except Exception:
            return False
        if result.shape != expected.shape or not np.allclose(result, expected, atol=1e-6):
            return False
        agreed = True
    return agreed


def _tensor(value: Any) -> Any:
    if isinstance(value, list):
        return [_tensor(element) for element in value]
    return value if isinstance(value, int) else tf.constant(value)


def main() -> int:
    warnings.simplefilter("ignore")
    random = np.random.default_rng(0)
    for host in HOSTS:
        try:
            module = importlib.import_module(host)
        except ModuleNotFoundError:
            print(host, "is not installed")
            continue
        for leaf in dir(module):
            name = f"{host}.{leaf}"
            function = getattr(module, leaf)
            known = host_function(name)
            if leaf.startswith("_") or not callable(function) or inspect.isclass(function):
                continue
            if known is None or not known.detaches or name in TWINS:
                continue
            for room, where in ROOMS.items():
                twin = getattr(where, leaf, None)
                there = fact(f"{room}.{leaf}")
                if not callable(twin) or there is None or there.gradient is not Gradient.FLOWS:
                    continue
                if all(agree(function, twin, random) for _ in range(3)):
                    print(f"{name}: {room}.{leaf}", flush=True)
                    break
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
