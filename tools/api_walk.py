"""The public names of TensorFlow and Keras, and which of them are the same function."""

from __future__ import annotations

import types
from typing import Any

# The Keras rooms of TensorFlow are left to `keras`; `src` is no public name.
_SKIPPED = frozenset(
    ("compat", "keras", "raw_ops", "lite", "distribute", "tpu", "saved_model", "version", "src")
)
_OF_KERAS = frozenset(
    ("tensorflow", room) for room in ("losses", "metrics", "optimizers", "initializers")
)


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
