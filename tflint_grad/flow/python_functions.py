"""`tf.py_function` and `tf.numpy_function`: Python that TensorFlow calls back."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import heap
from tflint_grad.flow.arguments import argument
from tflint_grad.flow.calls import call_opaque, call_value
from tflint_grad.flow.dtypes import dtype_of
from tflint_grad.flow.paths import ANYTHING, HOST_BREAKS, Break, Cause, Path, Paths
from tflint_grad.flow.recording import cut_paths
from tflint_grad.flow.staging import with_zeros
from tflint_grad.flow.state import EAGER, SourceKind
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Data,
    Function,
    Kind,
    Known,
    Made,
    Partial,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


def numpy_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """No gradient comes through, whatever the body does."""
    function, inputs = argument(arguments, 0, "func"), argument(arguments, 1, "inp")
    if inputs is None:
        return _decorator(name, arguments)
    groups = x.groups(heap.parts(x, inputs.value) or [inputs.value])
    if function is not None:
        arrays = [Argument(_as_array(value)) for value in heap.parts(x, inputs.value)]
        groups += x.groups([_body(x, function.value, arrays, node)])
    dtypes = _result_dtypes(x, argument(arguments, 2, "Tout"))

    def result(dtype: str) -> Data:
        broken = x.break_paths(
            node,
            Break.PYTHON_FUNCTION,
            UNKNOWN,
            groups,
            Kind.TENSOR,
            dtype,
            qualified="tensorflow.numpy_function",
        )
        if not x.context.vectorized:
            return broken
        return replace(broken, paths={s: with_zeros(path) for s, path in broken.paths.items()})

    if not dtypes:
        x.tuple_calls.add(id(node))
    if isinstance(dtypes, str):
        return result(dtypes)
    return Sequence(tuple(map(result, dtypes)), None, "list")


def py_function(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """Differentiable while its body stays in TensorFlow: the body decides.

    TF 2.21: it is differentiated by a tape of its own, which knows the arguments only. What that
    tape cannot follow comes back as a scalar zero; a variable closed over gets None. A loop of a graph
    keeps one such tape for all its rounds: from the second on the gradient raises (KeyError).
    """
    function, inputs = argument(arguments, 0, "func"), argument(arguments, 1, "inp")
    if function is None or inputs is None:
        return _decorator(name, arguments)
    values = heap.parts(x, inputs.value)
    result = _body(x, function.value, [Argument(_eager(value)) for value in values], node)
    given = [x.paths(value) for value in values]
    dtypes = _result_dtypes(x, argument(arguments, 2, "Tout"))
    body = _Body(x, given, node, any(_checks_shapes(x, value) for value in values))
    body.integer = next((value for value in values if _is_integer(value)), None)
    content = heap.resolved(x, result)
    if not dtypes:
        x.tuple_calls.add(id(node))
    if isinstance(dtypes, str):
        return body.returned(result, dtypes)
    if isinstance(content, Sequence):
        kinds = (*dtypes, *("" for _ in content.items))
        items = tuple(map(body.returned, content.items, kinds))
        return replace(content, items=items)
    return Sequence(tuple(body.returned(result, dtype) for dtype in dtypes), None, "list")


class _Body:
    """What comes out of one `tf.py_function`, given what went in."""

    def __init__(
        self, x: Execution, given: list[Paths], node: cst.CSTNode, shapes_are_checked: bool
    ) -> None:
        self.x = x
        self.node = node
        self.given = {source for paths in given for source in paths}
        self.known = {id(cause) for paths in given for cause in _causes(paths)}
        self.shapes_are_checked = shapes_are_checked
        self.integer: Value | None = None

    def returned(self, value: Value, dtype: str) -> Value:
        if not isinstance(value, Data):
            return value
        x = self.x
        if dtype in ("int", "bool", "string") and x.paths(value):
            return x.break_paths(
                self.node, Break.INTEGER_CAST, value, [value.paths], Kind.TENSOR, dtype
            )
        paths: Paths = {source: self._through(path) for source, path in value.paths.items()}
        unasked = {s: p for s, p in paths.items() if p.cut is None and self._is_closed_over(s)}
        if unasked:
            paths = {**paths, **self._closed_over(unasked)}
        if x.frame.graph_control or x.context.vectorized:
            paths = cut_paths(paths, self._cause("", "in a loop"))
        if self.integer is not None:
            paths = cut_paths(paths, self._cause(x.describe(self.integer), "integer"))
        return replace(
            value,
            kind=Kind.TENSOR,
            paths=paths,
            dtype=dtype or value.dtype,
            identity=None,
            made=Made(x.station(self.node), x.recording, x.paused),
            symbolic=x.context.is_graph,
        )

    def _through(self, path: Path) -> Path:
        lost = tuple(replace(part, cause=self._blamed(part.cause, False)) for part in path.lost)
        cut = None if path.cut is None else self._blamed(path.cut, True)
        return replace(path, cut=cut, lost=lost)

    def _blamed(self, cause: Cause, whole: bool) -> Cause:
        if id(cause) in self.known:
            return cause
        kind = Break.PYTHON_FUNCTION if cause.kind in HOST_BREAKS else cause.kind
        fails = whole and self.shapes_are_checked
        return replace(cause, kind=kind, becomes_zero=whole, fails=fails)

    def _is_closed_over(self, source: int) -> bool:
        """Read by the body itself: neither an argument nor a part of one, nor its own doing."""
        if source == ANYTHING or source in self.given:
            return False
        if self.x.sources[source].kind is SourceKind.GRADIENT:
            return False
        return not self.given & self.x.ancestors(source)

    def _closed_over(self, paths: Paths) -> Paths:
        found: dict[int, Path] = {}
        for source, path in paths.items():
            cause = self._cause(self.x.sources[source].name, "closed over")
            found.update(cut_paths({source: path}, cause))
        return found

    def _cause(self, operand: str, why: str) -> Cause:
        return Cause(
            Break.PYTHON_FUNCTION,
            self.x.station(self.node),
            "tf.py_function",
            operand,
            f"tensorflow.py_function {why}",
            self.x.context.mode,
            fails=why in ("integer", "in a loop"),
        )


def _body(x: Execution, function: Value, given: Many[Argument], node: cst.CSTNode) -> Value:
    """The body runs eagerly, also in a graph, and no loop of the graph is around it."""
    context, control = x.frame.context, x.frame.graph_control
    x.frame.context, x.frame.graph_control = EAGER, 0
    try:
        return call_value(x, function, given, node)
    finally:
        x.frame.context, x.frame.graph_control = context, control


def _is_integer(value: Value) -> bool:
    """TF 2.21: a gradient of 0.0 comes back for such an input, and cannot be converted to its type."""
    return isinstance(value, Data) and value.dtype in ("int", "bool", "string")


def _causes(paths: Paths) -> list[Cause]:
    found = [path.cut for path in paths.values() if path.cut is not None]
    return found + [part.cause for path in paths.values() for part in path.lost]


def _checks_shapes(x: Execution, value: Value) -> bool:
    """The value comes from a matrix product or a layer, whose backward pass wants its very shape.

    TF 2.21: MatMul's raises InvalidArgumentError for a scalar, as does that of a layer's bias.
    """
    if not isinstance(value, Data) or value.made is None:
        return False
    node = value.made.station.place.node
    if id(node) in x.layer_calls:
        return True
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.MatrixMultiply)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.attr.value == "matmul"
    return False


def _result_dtypes(x: Execution, entry: Argument | None) -> str | tuple[str, ...]:
    """Of `Tout`: one dtype, or one for each result."""
    if entry is None:
        return ""
    content = heap.resolved(x, entry.value)
    if isinstance(content, Sequence) and content.rest is None:
        return tuple(dtype_of(x, item) for item in content.items)
    return dtype_of(x, entry.value)


def _as_array(value: Value) -> Value:
    paths = value.paths if isinstance(value, Data) else {}
    return Data(Kind.NDARRAY, paths)


def _eager(value: Value) -> Value:
    return replace(value, symbolic=False) if isinstance(value, Data) else value


def _decorator(name: str, arguments: Many[Argument]) -> Value:
    """`@tf.py_function(Tout=tf.float32)`: the arguments of the function are its inputs."""
    keywords = {entry.keyword: entry.value for entry in arguments if entry.keyword}
    return Partial(Known(f"decorator.{name}"), (), keywords)


def decorated(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """The decorator gets its function: what it makes takes the inputs one by one."""
    if not arguments or not isinstance(arguments[0].value, Function):
        return call_opaque(x, arguments, node)
    keywords = {entry.keyword: entry.value for entry in arguments[1:] if entry.keyword}
    return Partial(
        Known(f"called.{name.removeprefix('decorator.')}"), (arguments[0].value,), keywords
    )


def called(x: Execution, name: str, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """A decorated function is called with its inputs."""
    plain = [entry.value for entry in arguments if entry.keyword is None]
    named = [entry for entry in arguments if entry.keyword is not None]
    given = [Argument(plain[0], "func"), Argument(Sequence(tuple(plain[1:])), "inp"), *named]
    run = py_function if name.endswith("py_function") else numpy_function
    return run(x, name.removeprefix("called."), given, node)
