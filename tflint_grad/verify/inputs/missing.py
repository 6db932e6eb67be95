"""Which parameter the user is asked for, after a scene that did not get far enough."""

from __future__ import annotations

from collections.abc import Collection

from tflint_grad.verify.inputs.repair import ATTRIBUTE, Trouble, of_type
from tflint_grad.verify.inputs.specification import Path


def missing(trouble: Trouble, given: Collection[str]) -> str:
    """The name of the likeliest; empty where the exception speaks of none. `given` are known already.

    Of an object of the program's own an argument of its constructor is meant: the object itself would
    have to be built by the user, and its constructor called once more.
    """
    paths = list(trouble.implicated)
    if match := ATTRIBUTE.search(f"{trouble.kind}: {trouble.message}"):
        blamed = of_type(match[1], trouble, list(trouble.types))
        paths = [path for path in paths if path in blamed] or blamed or paths
    open_paths = [path for path in paths if path[-1] not in given]
    inner = [path for path in open_paths if _is_of_object(path)]
    first: Path = next(iter(open_paths), ())
    if first == ("self",) and inner:
        first = inner[0]
    return first[-1] if first else ""


def _is_of_object(path: Path) -> bool:
    return path[0] == "self" and len(path) > 1
