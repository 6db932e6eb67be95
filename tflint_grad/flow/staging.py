"""What a tape that is open around a call of a `tf.function` gets from it.

TensorFlow differentiates such a function as a whole, with all its results, when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import heap
from tflint_grad.flow.events import GraphFails
from tflint_grad.flow.paths import NO_TAPES, Break, Cause, Path, Paths, Tapes
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.values import Data, DictRef, Kind, ListRef, Mapped, Sequence, Value

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.execution import Execution

#: Their results have the type of their argument, which may be integers.
_OF_ANY_TYPE = ("tensorflow.unique", "tensorflow.unique_with_counts", "keras.ops.unique")
MAX_DEPTH = 3


def marked_input(x: Execution, value: Value, mark: int) -> Value:
    """A tensor that is handed to a `tf.function`, followed through it whether it is watched or not.

    The mark is a source that no tape records and nobody can ask for.
    """
    if isinstance(value, Data) and value.kind is Kind.TENSOR and value.dtype in ("", "float"):
        return replace(value, paths={**value.paths, mark: Path(NO_TAPES)})
    if isinstance(value, Sequence) and value.items:
        return replace(value, items=tuple(marked_input(x, item, mark) for item in value.items))
    return value


def new_mark(x: Execution) -> int:
    return x.new_source(SourceKind.GRADIENT, "input of a tf.function")


def results(x: Execution, value: Value, tapes: Tapes, node: cst.CSTNode, function: str) -> Value:
    """What a `tf.function` returns to code under these tapes."""
    leaves = list(_leaves(x, value))
    recorded = {
        tape
        for leaf in leaves
        for path in leaf.paths.values()
        if path.sure and not path.carriers
        for tape in (path.tapes or NO_TAPES) & tapes
    }
    if not recorded:
        return value
    for cause in _failing(leaves, recorded):
        site = x.tapes[min(recorded)]
        x.events.append(GraphFails(x.station(node), x.context, cause, site, function))
    if len(leaves) < 2:
        return value
    live = {
        source
        for leaf in leaves
        for source, path in leaf.paths.items()
        if path.cut is None and path.sure and (path.tapes or NO_TAPES) & tapes
    }
    return _beside_live(x, value, live) if live else value


def _leaves(x: Execution, value: Value, depth: int = 0) -> Iterator[Data]:
    if isinstance(value, Data):
        yield value
    elif isinstance(value, (Sequence, Mapped, ListRef, DictRef)) and depth < MAX_DEPTH:
        for part in heap.parts(x, value):
            yield from _leaves(x, part, depth + 1)


def _failing(leaves: list[Data], recorded: set[int]) -> list[Cause]:
    """Operations without a gradient function that feed a float result and depend on an input.

    TF 2.21: that alone makes the call of the function raise LookupError, if anything that goes into
    the function is watched; whether the input of that operation is watched does not matter.
    """
    found: dict[int, Cause] = {}
    for leaf in leaves:
        for path in leaf.paths.values():
            watched = not path.carriers and bool((path.tapes or NO_TAPES) & recorded)
            causes = [path.cut] if path.cut is not None else []
            for cause in (*causes, *(part.cause for part in path.lost)):
                unregistered = cause.kind is Break.UNREGISTERED
                if unregistered and path.sure and (watched or cause.qualified not in _OF_ANY_TYPE):
                    found.setdefault(id(cause.station.place.node), cause)
    return list(found.values())


def _beside_live(x: Execution, value: Value, live: set[int]) -> Value:
    """TF 2.21: a result that is cut from a source gives zeros where another one depends on it.

    Not one of whole numbers, which no gradient enters from outside: it gives None.
    """
    match value:
        case Data(dtype="int" | "bool" | "string"):
            return value
        case Data():
            paths = _filled(value.paths, live)
            return value if paths is value.paths else replace(value, paths=paths)
        case Sequence():
            return replace(value, items=tuple(_beside_live(x, part, live) for part in value.items))
        case Mapped():
            items = {key: _beside_live(x, part, live) for key, part in value.items.items()}
            return replace(value, items=items)
        case ListRef():
            content = heap.contents(x, value)
            if isinstance(content, Sequence):
                x.store.set(("list", value.identity), _beside_live(x, content, live))
            return value
        case DictRef():
            content = heap.contents(x, value)
            if isinstance(content, Mapped):
                x.store.set(("dict", value.identity), _beside_live(x, content, live))
            return value
        case _:
            return value


def _filled(paths: Paths, live: set[int]) -> Paths:
    cut = {s: p for s, p in paths.items() if s in live and p.cut is not None}
    if not cut:
        return paths
    return {**paths, **{source: with_zeros(path) for source, path in cut.items()}}


def with_zeros(path: Path) -> Path:
    """The same path, cut where TensorFlow fills in zeros."""
    assert path.cut is not None
    return replace(path, cut=replace(path.cut, becomes_zero=True))
