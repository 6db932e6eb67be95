"""The public names of TensorFlow and Keras, and which of them are the same function."""

from __future__ import annotations

import inspect
import re
import types
from functools import lru_cache
from typing import Any

from spec_lines import rows_of

# The Keras rooms of TensorFlow are left to `keras`; raw operations are walked by themselves.
_SKIPPED = frozenset(
    ("compat", "keras", "raw_ops", "lite", "distribute", "tpu", "saved_model", "version", "src")
)
# Classes whose instances are called with tensors.
_CLASSES = (
    "keras.layers.", "keras.losses.", "keras.metrics.", "keras.regularizers.", "keras.constraints."
)  # fmt: skip
_OF_KERAS = frozenset(
    ("tensorflow", room) for room in ("losses", "metrics", "optimizers", "initializers")
)


def public_callables(tf: Any, keras: Any) -> dict[str, Any]:
    """Every public function, and every class whose instances are called, by canonical name."""
    others = aliases(tf, keras)
    found: dict[str, Any] = {}
    for root, module in (("tensorflow", tf), ("keras", keras)):
        for name, value in _walk(root, module, set()):
            best = others.get(name, name)
            if inspect.isfunction(value) or (
                inspect.isclass(value)
                and best.startswith(_CLASSES)
                and not inspect.isabstract(value)
            ):
                found[best] = value
    return found


@lru_cache(maxsize=1)
def _tensor_free() -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = (row.partition(": ") for row in rows_of("tensor_free"))
    return tuple((re.compile(pattern), reason) for pattern, _, reason in pairs)


def tensor_free(name: str) -> str:
    """Why a callable takes or returns no tensors; empty where it may."""
    return next((why for pattern, why in _tensor_free() if pattern.fullmatch(name)), "")


def raw_operations(tf: Any) -> dict[str, Any]:
    """`tensorflow.raw_ops.Name` -> the function."""
    return {
        f"tensorflow.raw_ops.{name}": getattr(tf.raw_ops, name)
        for name in dir(tf.raw_ops)
        if name[:1].isupper()
    }


@lru_cache(maxsize=1)  # walking twice wakes what is loaded lazily
def aliases(tf: Any, keras: Any) -> dict[str, str]:
    """Alias -> canonical name, for callables known under several public names."""
    names: dict[int, list[str]] = {}
    objects: list[Any] = []  # kept alive, so that an id stays one object's
    for root, module in (("tensorflow", tf), ("keras", keras)):
        for name, value in _walk(root, module, set()):
            names.setdefault(id(value), []).append(name)
            objects.append(value)
    found: dict[str, str] = {}
    canonical: dict[int, str] = {}
    for identity, spellings in names.items():
        canonical[identity] = best = min(spellings, key=_preference)
        found.update((name, best) for name in spellings if name != best)
    # Keras 2's abbreviations (keras.losses.MSE) live on under tf.keras only.
    for room in ("losses", "metrics"):
        for name, value in _walk(f"keras.{room}", getattr(tf.keras, room), set()):
            if canonical.get(id(value), name) != name:
                found[name] = canonical[id(value)]
    # Graph mode: only where the spelling in TensorFlow 2 differs (tf.compat.v1.log).
    for name, value in _walk("tensorflow.compat.v1", tf.compat.v1, set()):
        plain = name.replace("tensorflow.compat.v1.", "tensorflow.")
        best = canonical.get(id(value), "")
        if best and best != found.get(plain, plain):
            found[name] = best
    return found


def _preference(name: str) -> tuple[bool, bool, int, int, str]:
    # keras.losses before keras.metrics for what is in both; long names before abbreviations.
    shouted = name.rpartition(".")[2].isupper()
    return ("experimental" in name, ".metrics." in name, name.count("."), shouted, name)


def _walk(prefix: str, module: Any, seen: set[int]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if id(module) in seen:
        return found
    seen.add(id(module))
    for name in dir(module):
        if name.startswith("_") or name in _SKIPPED or (prefix, name) in _OF_KERAS:
            continue
        try:
            value = getattr(module, name)
            where = str(getattr(value, "__name__", ""))
        except Exception:  # lazily loaded parts that are not installed
            continue
        if isinstance(value, types.ModuleType):
            if "_api" in where or where.startswith(("keras.", "tensorflow.experimental")):
                found.extend(_walk(f"{prefix}.{name}", value, seen))
        elif callable(value):
            found.append((f"{prefix}.{name}", value))
    return found
