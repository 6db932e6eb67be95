"""Calls of functions that the configuration speaks of: what it says wins over all that we know."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import attributes, heap, modules
from tflint_grad.flow.arguments import argument, node_of
from tflint_grad.flow.calls import call_object, call_opaque, run_callback
from tflint_grad.flow.events import GradientTaken
from tflint_grad.flow.hooks import close_implicit, open_implicit
from tflint_grad.flow.host import holds_symbolic, host_use
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.paths import ANYTHING, Break, Paths, joined
from tflint_grad.flow.question import AskedSource, answer, cause_of_host_target
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    UNKNOWN,
    Argument,
    Class,
    Data,
    Function,
    Kind,
    Module,
    Object,
    Partial,
    Sequence,
    Value,
)

if TYPE_CHECKING:
    import libcst as cst

    from tflint_grad.flow.events import Answer
    from tflint_grad.flow.execution import Execution
    from tflint_grad.knowledge.taught import Callback, TaughtFact

_BREAKS = {
    "none": Break.NO_GRADIENT,
    "zero": Break.ZERO_GRADIENT,
    "raises": Break.UNREGISTERED,
}
_KINDS = {"tensor": Kind.TENSOR, "numpy": Kind.NDARRAY, "python": Kind.HOST}


# --- which fact speaks of a function


def fact_of_name(x: Execution, qualified: str) -> TaughtFact | None:
    """The fact about something imported, by its qualified name (or the end of it: `.ops.norm`)."""
    if not qualified.startswith("."):
        return x.taught.get(qualified)
    end = "." + qualified.lstrip(".")
    found = [fact for fact in x.taught.facts if fact.name.endswith(end)]
    return found[0] if len(found) == 1 else None


def fact_of_function(x: Execution, function: Function) -> TaughtFact | None:
    """The fact about a function of the project, by the name of its module or of a re-export."""
    if function.name not in x.taught.leaves:
        return None
    for fact in x.taught.facts:
        if fact.leaf == function.name and _is_named(x, function, fact.name):
            return fact
    return None


def _is_named(x: Execution, function: Function, dotted: str) -> bool:
    if x.project is not None:
        found = find_function(x, dotted)
        return found is not None and found.node is function.node
    module = x.module_of_scope.get(modules.global_scope(x, function.scope))
    if module is None or (function.owner is None and x.scopes[function.scope].parent is not None):
        return False
    own = function.name if function.owner is None else f"{function.owner.name}.{function.name}"
    where = module.path.replace("\\", "/").removesuffix(".py").removesuffix("/__init__")
    return f"{where.replace('/', '.')}.{own}".endswith("." + dotted)


def find_function(x: Execution, dotted: str) -> Function | None:
    """A function or method of the project by its dotted name; its module is looked into."""
    assert x.project is not None
    if dotted in x.taught_functions:
        return x.taught_functions[dotted]
    x.taught_functions[dotted] = None  # asked for again while its own module is executed
    parts = dotted.split(".")
    value: Value | None = None
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        path = x.project.find(next(iter(x.modules)), module)
        if path is not None:
            value = Module(path, module)
            for part in parts[count:]:
                value = _member(x, value, part)
            break
    found = value if isinstance(value, Function) else None
    x.taught_functions[dotted] = found
    return found


def _member(x: Execution, value: Value | None, name: str) -> Value | None:
    if isinstance(value, Module):
        return modules.read_member(x, value, name)
    return attributes.find_in_class(x, value, name) if isinstance(value, Class) else None


# --- what a call of it does


def call_taught(
    x: Execution,
    fact: TaughtFact,
    arguments: Many[Argument],
    node: cst.CSTNode,
    receiver: Value | None = None,
) -> Value:
    """The result of a call, by what the configuration says; `receiver` of a method is an operand."""
    called: dict[int, Callback] = {}
    for callback in fact.calls:
        entry = _entry(arguments, callback)
        if entry is not None:
            called.setdefault(id(entry), callback)
    results: list[Value] = []
    for entry in arguments:
        if id(entry) in called:
            results.extend(_run_called(x, entry, called[id(entry)], node))
    rest = [entry for entry in arguments if id(entry) not in called]
    if receiver is not None:
        rest = [Argument(receiver), *rest]
    if not fact.gradient and not fact.is_host:
        return _unknown_result(x, fact, rest, results, node)
    for entry in rest:
        escape(x, entry.value)
        results.extend(run_callback(x, entry.value, node))
    groups = x.groups([*(entry.value for entry in rest), *results])
    kind = _KINDS.get(fact.returns, Kind.UNKNOWN)
    if fact.gradient == "constant":
        return Data(kind) if fact.is_host else x.operate(node, [], kind)
    if fact.is_host:
        return _host_result(x, fact, kind, rest, groups, node)
    if fact.gradient == "flows" or not groups:
        return x.operate(node, groups, kind)
    return _cut(x, fact, _BREAKS[fact.gradient], kind, rest, groups, node)


def _entry(arguments: Many[Argument], callback: Callback) -> Argument | None:
    if isinstance(callback.argument, int):
        return argument(arguments, callback.argument, "")
    return next((entry for entry in arguments if entry.keyword == callback.argument), None)


def _unknown_result(
    x: Execution,
    fact: TaughtFact,
    rest: Many[Argument],
    results: Many[Value],
    node: cst.CSTNode,
) -> Value:
    """Nothing is said of the gradient: whatever goes in may come out."""
    made = call_opaque(x, rest, node, x.groups(results))
    if fact.returns != "tensor":
        return made
    paths = made.paths if isinstance(made, Data) else x.operate(node, x.groups([made])).paths
    return replace(x.operate(node, [], Kind.TENSOR), paths=paths)


def _host_result(
    x: Execution,
    fact: TaughtFact,
    kind: Kind,
    arguments: Many[Argument],
    groups: list[Paths],
    node: cst.CSTNode,
) -> Data:
    symbolic = next((entry for entry in arguments if holds_symbolic(x, entry.value)), None)
    if symbolic is not None:
        host_use(x, node, fact.name, symbolic, Break.HOST_CALL, _operation(node))
    if not groups:
        return Data(kind)
    return _cut(x, fact, Break.HOST_CALL, kind, arguments, groups, node, symbolic is not None)


def _cut(
    x: Execution,
    fact: TaughtFact,
    how: Break,
    kind: Kind,
    arguments: Many[Argument],
    groups: list[Paths],
    node: cst.CSTNode,
    symbolic: bool = False,
) -> Data:
    carrier = next((e for e in arguments if e.place is not None and x.paths(e.value)), None)
    return x.break_paths(
        node,
        how,
        arguments[0].value if arguments else UNKNOWN,
        groups,
        kind,
        operation=_operation(node),
        operand_node=node_of(arguments) if carrier is None else node_of([carrier]),
        qualified=fact.name,
        symbolic=symbolic,
    )


def _operation(node: cst.CSTNode) -> str:
    """What the message names: `norm(...), as the configuration says, has no gradient`."""
    return f"{text_of(node)}, as the configuration says,"


# --- functions that are handed in


def _run_called(
    x: Execution, entry: Argument, callback: Callback, node: cst.CSTNode
) -> list[Value]:
    """Execute a function that is handed in, under a tape where it is said so."""
    if not callback.taped:
        return _run(x, entry.value, node)
    station = x.station(node)
    tape = open_implicit(x, station)
    results = _run(x, entry.value, node)
    close_implicit(x, tape)
    for result in results:
        _ask(x, tape.identity, entry.value, result, node)
    return results


def _run(x: Execution, value: Value, node: cst.CSTNode) -> list[Value]:
    if isinstance(value, Object) and isinstance(value.cls, Class):
        method = attributes.find_in_class(x, value.cls, "__call__")
        method = method or attributes.find_in_class(x, value.cls, "call")
        if isinstance(method, Function):
            return run_callback(x, replace(method, receiver=value), node)
        return [call_object(x, value, [], node)]
    return run_callback(x, value, node)


def _ask(x: Execution, tape: int, function: Value, result: Value, node: cst.CSTNode) -> None:
    """The gradient of what the function returns, with respect to whatever it was computed from.

    Nobody says which sources are asked for, so a cut counts only where every way is cut, and a part
    lost beside a live one only for variables and models.
    """
    content = heap.resolved(x, result)
    if isinstance(content, Sequence):  # a loss and what is told beside it
        paths = joined([x.paths(part) for part in heap.parts(x, content)])
    else:
        paths = x.paths(result)
    asked = [
        (identity, answer(x, tape, Argument(result), paths, source))
        for identity in paths
        if identity != ANYTHING
        for source in (AskedSource(x.sources[identity].name, (identity,), Object(identity), True),)
    ]
    told = _told(x, asked)
    if told is None:
        return
    is_host = isinstance(result, Data) and result.kind in (Kind.HOST, Kind.NDARRAY)
    x.events.append(
        GradientTaken(
            x.station(node),
            x.context,
            x.tapes[tape],
            "gradient",
            f"what {_name(function)} returns",
            (told,),
            is_host,
            cause_of_host_target(result, paths),
            False,
            hook="taught",
        )
    )


def _told(x: Execution, asked: Many[tuple[int, Answer]]) -> Answer | None:
    owned = [
        found
        for identity, found in asked
        if x.sources[identity].kind in (SourceKind.VARIABLE, SourceKind.MODEL)
    ]
    everything = [found for _, found in asked]
    if everything and all(a.state == "cut" and a.sure and a.proven for a in everything):
        return owned[0] if owned else everything[0]
    lost = next((found for found in owned if found.state == "lost"), None)
    return None if lost is None else replace(lost, proven=False)


def _name(function: Value) -> str:
    if isinstance(function, Partial):
        return _name(function.function)
    if isinstance(function, Function):
        return function.name.replace("lambda", "the lambda")
    if isinstance(function, Object) and isinstance(function.cls, Class):
        return function.cls.name
    return "the function"
