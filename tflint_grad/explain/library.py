"""What is known of a function or class of a library: the measured tables, and the host libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.knowledge import table
from tflint_grad.knowledge.host import HostFact, host_function
from tflint_grad.knowledge.keras_api import KerasClass, keras_class
from tflint_grad.knowledge.names import canonical, edition
from tflint_grad.knowledge.operations import Gradient, OpFact, fact, tensor_method
from tflint_grad.knowledge.remedies import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRADIENTS = {
    Gradient.FLOWS: "the gradient flows",
    Gradient.NONE: "no gradient comes back: it is None",
    Gradient.ZERO: "the gradient that comes back is zero",
    Gradient.UNREGISTERED: "asking for the gradient raises LookupError: none is registered",
    Gradient.FAILS: "asking for the gradient raises",
}
_HOST_KINDS = {
    "operation": "computes outside TensorFlow: what a tensor that goes in depends on is lost there",
    "conversion": "takes the value out of TensorFlow: what it depends on is lost there",
    "static": "reads the shape or type alone: nothing is lost",
    "creation": "makes values that owe nothing to those that go in: nothing is lost",
    "constant": "makes values that owe nothing to those that go in: nothing is lost",
    "predicate": "asks about the value and gives no number back: nothing is lost",
    "sink": "shows, saves or tests: nothing comes back",
    "passes": "leaves a tensor a tensor in eager code: the gradient flows",
    "context": "makes a context manager",
}
_TENSOR = "tensorflow.Tensor."


def explain_library(name: str) -> str | None:
    """The facts about a name in any spelling; None where there are none."""
    host = host_function(name if "." in name else f"builtins.{name}")
    if host is not None:
        return "\n".join(_host_lines(name, host))
    known = canonical(name)
    of = edition(name)
    found = tensor_method(known.removeprefix(_TENSOR)) if known.startswith(_TENSOR) else fact(name)
    if found is not None:
        return "\n".join([*_heading(name, known), *_operation_lines(known, found), _measured(of)])
    kind = keras_class(name)
    if kind is not None:
        lines = [*_heading(name, known), *_class_lines(kind)]
        is_measured = table.class_row(known, of) is not None
        return "\n".join([*lines, _measured(of) if is_measured else "  not measured"])
    return None


def known_names() -> Iterator[str]:
    """The names that have a row, for a suggestion."""
    yield from (name for name in table.rows() if not name.startswith(("Tensor.", "operator.")))
    yield from table.classes()
    yield from table.aliases()


def _heading(name: str, known: str) -> Iterator[str]:
    yield name
    if known != name:
        yield f"  the same as {known}"


def _measured(of: str) -> str:
    if of == table.KERAS_2:
        versions = table.keras2_version()
    else:
        versions = table.earlier_versions()[of] if of else table.versions()
    return f"  measured with TensorFlow {versions['tensorflow']} and Keras {versions['keras']}"


def _operation_lines(name: str, found: OpFact) -> Iterator[str]:
    if found.kind in ("static", "context", "assert", "print", "host"):
        yield f"  {_KINDS[found.kind]}"
        return
    if found.kind in _KINDS:
        yield f"  {_KINDS[found.kind]}"
    if found.outputs is not None:
        for index, gradient in enumerate(found.outputs):
            yield f"  result[{index}]: {_GRADIENTS[gradient]}"
    else:
        yield f"  {_GRADIENTS[found.gradient]}"
    detached = [p for p in found.parameters if p != "name" and not found.carries(p)]
    if detached and found.gradient is not Gradient.NONE:
        yield f"  never to {', '.join(detached)}"
    if found.dtype in ("float", "int", "bool", "string", "complex"):
        yield f"  the result is {found.dtype}"
    advice = remedy(name)
    if advice is not None and found.gradient is not Gradient.FLOWS:
        yield f"  instead: {advice.advice}"


_KINDS = {
    "static": "says something about its argument and carries nothing of it",
    "context": "makes a context manager",
    "assert": "tests its argument and returns no tensor",
    "print": "prints its argument and returns no tensor",
    "creation": "makes a new tensor",
    "variable": "makes a variable: a source of its own, without the history of its initial value",
    "structure": "takes structures apart or puts them together",
    "higher-order": "calls the functions that it is given, which are followed",
    "state": "reads or changes the state of a variable",
    "host": "takes the value out of TensorFlow: what it depends on is lost there",
    "stop": "stops the gradient on purpose",
    "gradient": "computes gradients",
    "cast": "changes the type; integers and Booleans carry no gradient",
}


def _class_lines(kind: KerasClass) -> Iterator[str]:
    yield f"  a {kind.kind} of Keras; through a call of an instance:"
    yield f"    to its input {_GRADIENTS[kind.gradient].removeprefix('the gradient ')}"
    for position in kind.detached:
        yield f"    never to argument {position} of the call"
    if kind.weights:
        yield "    to its weights it flows"
    if kind.non_trainable_weights:
        yield "    some of its weights are not trainable: they get None"


def _host_lines(name: str, found: HostFact) -> Iterator[str]:
    yield name
    yield f"  {_HOST_KINDS[found.kind]}"
    if found.twin_spelling is not None:
        yield f"  instead: {found.twin_spelling}, which computes the same"
    if found.detaches:
        yield f"  no tape records {found.library}: this is not measured"
    if found.detaches and not found.in_graph:
        yield "  a symbolic tensor makes it raise while a graph is traced"
