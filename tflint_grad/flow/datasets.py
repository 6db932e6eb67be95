"""`tf.data`: pipelines run in graphs of their own, into which no tape looks."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import heap, names
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_value, run_callback
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import ANYTHING, NO_TAPES, Break, Cause, Path, Paths, Tapes
from tflint_grad.flow.recording import cut_paths
from tflint_grad.flow.state import RECORDING, Context, SourceKind
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    STATIC,
    UNKNOWN,
    Argument,
    Data,
    Function,
    Kind,
    Mapped,
    Object,
    Parameters,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

DATASET = "tensorflow.data.Dataset"
_ROOMS = (DATASET, "tensorflow.data.TextLineDataset", "tensorflow.data.TFRecordDataset")
_SOURCES = ("from_tensor_slices", "from_tensors")
_SAME_ELEMENTS = frozenset(
    (
        *("shuffle", "repeat", "prefetch", "cache", "take", "skip", "filter", "shard", "unbatch"),
        *("batch", "padded_batch", "with_options", "apply", "ragged_batch", "rebatch", "snapshot"),
    )
)
MAX_DEPTH = 4


def make_dataset(
    x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Object | None:
    """A data set by one of its constructors; None for any other name."""
    if not name.startswith(_ROOMS):
        return None
    made = _new(x, node)
    leaf = name.rsplit(".", 1)[-1]
    if leaf in _SOURCES:
        given = argument(arguments, 0, "tensors")
        if given is not None and x.paths(given.value):
            _hold(x, made, _structure(x, given.value, lambda part: _piped(x, part, node)))
    elif leaf == "zip":
        _hold(x, made, _zipped(x, arguments))
    else:
        for entry in arguments:
            run_callback(x, entry.value, node)
    return made


def is_dataset(value: Value) -> bool:
    return isinstance(value, Object) and value.cls == DATASET


def element(x: Execution, dataset: Object) -> Value | None:
    """What iterating gives, where its elements carry dependencies."""
    found: Value | None = x.store.get(("element", dataset.identity))
    return found


def dataset_method(
    x: Execution, receiver: Object, name: str, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """A method of a data set. What a mapped function reads is cut for every tape (TF 2.21)."""
    held = element(x, receiver)
    match name:
        case "map" | "flat_map" | "interleave" if arguments:
            given = _given(x, receiver, held)
            made = _new(x, node)
            result = _mapped(x, arguments[0].value, given, node)
            if x.paths(result):
                _hold(x, made, result)
            return made
        case "reduce" if len(arguments) > 1:
            start = heap.resolved(x, arguments[0].value)
            given = [start, *_given(x, receiver, held)]
            again = _mapped(x, arguments[1].value, given, node)
            both = [
                _structure(x, value, lambda part: _piped(x, part, node)) for value in (start, again)
            ]
            return join_values(both)
        case "enumerate":
            made = _new(x, node)
            if held is not None:
                _hold(x, made, Sequence((Data(Kind.TENSOR, dtype="int"), held)))
            return made
        case "zip" | "concatenate":
            made = _new(x, node)
            _hold(x, made, held)
            return made
        case _ if name in _SAME_ELEMENTS:
            for entry in arguments:
                _silently(x, entry.value, node)
            made = _new(x, node)
            _hold(x, made, held)
            return made
        case "as_numpy_iterator":
            return Data(Kind.NDARRAY, x.paths(held) if held is not None else {})
        case "get_single_element" if held is not None:
            return held
        case "cardinality" | "element_spec" | "options":
            return STATIC
        case _:
            return UNKNOWN


def _new(x: Execution, node: cst.CSTNode) -> Object:
    return Object(x.new_source(SourceKind.OBJECT, "dataset", x.station(node)), DATASET)


def _hold(x: Execution, dataset: Object, held: Value | None) -> None:
    if held is not None and x.paths(held):
        x.store.set(("element", dataset.identity), held)


def _given(x: Execution, dataset: Object, held: Value | None) -> list[Value]:
    """What a mapped function gets: the parts of an element one by one."""
    if held is None:
        return [Object(x.child(dataset.identity, "[*]"))]
    return list(held.items) if isinstance(held, Sequence) else [held]


def _mapped(x: Execution, function: Value, given: list[Value], node: cst.CSTNode) -> Value:
    """The result of a mapped function: what it read by itself is cut, whichever tape asks."""
    known = {source for value in given for source in x.paths(value)}

    def cut(part: Value) -> Value:
        own = {
            source: replace(path, tapes=None)
            for source, path in x.paths(part).items()
            if source not in known and x.sources[source].kind is not SourceKind.GRADIENT
        }
        paths = {s: p for s, p in x.paths(part).items() if s in known}
        return Data(
            Kind.TENSOR,
            {**cut_paths(own, _cause(x, node)), **paths},
            part.dtype if isinstance(part, Data) else "",
            symbolic=x.context.is_graph,
        )

    recording, control = x.recording, x.frame.graph_control
    context = x.frame.context
    x.store.set(RECORDING, NO_TAPES)
    x.frame.context = Context("autograph") if not context.is_graph else context
    x.frame.graph_control = 0
    try:
        if isinstance(function, Function) and _takes(function) != len(given):
            results = run_callback(x, function, node)
            result = results[0] if results else UNKNOWN
        else:
            result = call_value(x, function, [Argument(value) for value in given], node)
    finally:
        x.frame.context, x.frame.graph_control = context, control
        x.store.set(RECORDING, recording)
    return _structure(x, result, cut)


def _takes(function: Function) -> int:
    params = function.node.params
    own = function.receiver is not None and function.role != "staticmethod"
    return len(params.posonly_params) + len(params.params) - own


def _silently(x: Execution, value: Value, node: cst.CSTNode) -> None:
    """Run a predicate that is handed to a pipeline: no tape sees what it does."""
    recording = x.recording
    x.store.set(RECORDING, NO_TAPES)
    run_callback(x, value, node)
    x.store.set(RECORDING, recording)


def _zipped(x: Execution, arguments: Many[Argument]) -> Value | None:
    """`Dataset.zip((a, b))` and `Dataset.zip(a, b)`."""
    plain = [entry.value for entry in arguments if entry.keyword is None]
    if len(plain) == 1:
        plain = heap.parts(x, plain[0])
    if not all(isinstance(part, Object) for part in plain):
        return None
    rows = [
        element(x, part) or Object(x.child(part.identity, "[*]"))
        for part in plain
        if isinstance(part, Object)
    ]
    return Sequence(tuple(rows))


def _cause(x: Execution, node: cst.CSTNode) -> Cause:
    spelled = _spelled(node)
    return Cause(Break.DATASET, x.station(node), spelled, "", DATASET, x.context.mode)


def _spelled(node: cst.CSTNode) -> str:
    """`Dataset.map`, however long the pipeline before it is."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return f"Dataset.{node.func.attr.value}"
    return text_of(node)


def _piped(x: Execution, part: Value, node: cst.CSTNode) -> Value:
    groups = x.groups([part])
    if not groups:
        return part
    dtype = part.dtype if isinstance(part, Data) else ""
    return x.break_paths(
        node,
        Break.DATASET,
        part,
        groups,
        Kind.TENSOR,
        dtype,
        operation=_spelled(node),
        qualified=DATASET,
    )


def _structure(
    x: Execution, value: Value, change: Callable[[Value], Value], depth: int = 0
) -> Value:
    """The same structure with its leaves changed."""
    content = heap.resolved(x, value)
    if depth > MAX_DEPTH or isinstance(content, Parameters):
        return content
    if isinstance(content, Sequence):
        items = tuple(_structure(x, part, change, depth + 1) for part in content.items)
        rest = None if content.rest is None else change(content.rest)
        return Sequence(items, rest)
    if isinstance(content, Mapped):
        mapped = {k: _structure(x, part, change, depth + 1) for k, part in content.items.items()}
        return Mapped(mapped, None if content.rest is None else change(content.rest))
    return change(content)


# --- the loop over a data set in a graph


def loop_over_dataset(x: Execution, value: Value, node: cst.BaseExpression) -> bool | None:
    """Whether a loop runs over a data set: known to be one, called one (False), or not (None).

    AutoGraph also converts `enumerate` and `zip` of data sets; an iterator, made by `iter`, is
    another thing.
    """
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
        if node.func.value in ("enumerate", "zip"):
            inner = [_argument_of(x, entry.value) for entry in node.args]
            found = [loop_over_dataset(x, part, at) for part, at in inner]
            return True if True in found else False if False in found else None
        return None
    if is_dataset(value):
        return True
    if (isinstance(value, Object) and value.cls is None) or _is_unknown(value):
        return False if _is_called_dataset(node) else None
    return None


def _is_unknown(value: Value) -> bool:
    return isinstance(value, Data) and value.kind is Kind.UNKNOWN


def _argument_of(x: Execution, node: cst.BaseExpression) -> tuple[Value, cst.BaseExpression]:
    if isinstance(node, cst.Name):
        return names.read_name(x, node.value), node
    return UNKNOWN, node


def _is_called_dataset(node: cst.BaseExpression) -> bool:
    """`dataset`, `self.train_ds`, `dataset.batch(8)` …"""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if node.func.attr.value not in _SAME_ELEMENTS and node.func.attr.value != "enumerate":
            return False
        node = node.func.value
    if isinstance(node, cst.Attribute):
        name = node.attr.value
    elif isinstance(node, cst.Name):
        name = node.value
    else:
        return False
    return name.lower().endswith("dataset") or name == "ds" or name.endswith("_ds")


def cut_by_loop(
    x: Execution, mark: int, tapes: Tapes, node: cst.BaseExpression, is_known: bool
) -> None:
    """After a loop over a data set in a graph: what it has written came out of a `Dataset.reduce`.

    TF 2.21: the gradient is None for tapes that were open around the loop, also for what a variable
    of the loop held before.
    """
    cause = replace(
        _cause(x, node),
        operation=f"for … in {text_of(node)}",
        operand=text_of(node),
        qualified="for",
    )
    for key, value in x.store.changes(mark).items():
        if key[0] in ("name", "attribute", "item", "dict"):
            x.store.set(key, _out_of_loop(x, value, tapes, cause, is_known))


def _out_of_loop(x: Execution, value: Any, tapes: Tapes, cause: Cause, is_known: bool) -> Any:
    if isinstance(value, Data) and value.kind is not Kind.VARIABLE:
        paths = _loop_paths(value.paths, tapes, cause, is_known)
        return value if paths is value.paths else replace(value, paths=paths, identity=None)
    if isinstance(value, Sequence):
        items = tuple(_out_of_loop(x, part, tapes, cause, is_known) for part in value.items)
        return replace(value, items=items)
    if isinstance(value, Mapped):
        mapped = {
            key: _out_of_loop(x, part, tapes, cause, is_known) for key, part in value.items.items()
        }
        return replace(value, items=mapped)
    return value


def _loop_paths(paths: Paths, tapes: Tapes, cause: Cause, is_known: bool) -> Paths:
    recorded = {
        source: path if is_known else replace(path, sure=False)
        for source, path in paths.items()
        if path.cut is None and path.tapes is not None and path.tapes & tapes
    }
    if not recorded:
        return paths
    rest: dict[int, Path] = {
        source: path
        for source, path in paths.items()
        if source not in recorded and source != ANYTHING
    }
    return {**rest, **cut_paths(recorded, cause)}
