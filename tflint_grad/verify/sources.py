"""Which of the gradients that a call returns belongs to the source that a finding names."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from tflint_grad.verify.observation import Place

_ASKS = ("gradient", "jacobian", "batch_jacobian")


def relevant(source: str, place: Place, count: int) -> list[int]:
    """Indices of the gradients that matter: those of `source` where the call's own list tells them
    apart, else all."""
    if source:
        for names in _sources(place[0]).get(place[1], ()):
            if len(names) == count and source in names:
                return [index for index, name in enumerate(names) if name == source]
    return list(range(count))


def named_at(place: Place, count: int) -> list[str]:
    """What the call writes for each of its sources: `w`, `model.trainable_variables[2]`; empty where
    it does not tell."""
    lists = _sources(place[0]).get(place[1], [])
    for names in lists:
        if len(names) == count:
            return names
    if len(lists) == 1 and len(lists[0]) == 1:
        return [f"{lists[0][0]}[{index}]" for index in range(count)]
    return [""] * count


@functools.lru_cache(maxsize=256)
def _sources(file: str) -> dict[int, list[list[str]]]:
    """Row to the source lists that are written out in the gradient calls which touch it."""
    try:
        with open(file, "rb") as stream:
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[int, list[list[str]]] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        given = node.args[1] if len(node.args) > 1 else None
        given = next((one.value for one in node.keywords if one.arg == "sources"), given)
        if node.func.attr in _ASKS and given is not None:
            names = [ast.unparse(one) for one in _listed(given)]
            for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found.setdefault(row, []).append(names)
    return found


def _listed(given: ast.expr) -> list[ast.expr]:
    """The sources one by one, in the order in which `tf.nest` has them: dictionaries by their keys."""
    if isinstance(given, ast.List | ast.Tuple):
        return given.elts
    if isinstance(given, ast.Dict):
        keyed = {key.value: value for key, value in _pairs(given) if isinstance(key, ast.Constant)}
        if len(keyed) == len(given.values) and all(isinstance(key, str) for key in keyed):
            return [keyed[key] for key in sorted(keyed, key=str)]
    return [given]


def _pairs(given: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(given.keys, given.values, strict=True)
