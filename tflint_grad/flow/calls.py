"""Calls: functions and classes of the project are executed; everything else has its own room."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import attributes, heap
from tflint_grad.flow.arguments import bind_arguments
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.keeping import escape
from tflint_grad.flow.recording import through
from tflint_grad.flow.state import SourceKind
from tflint_grad.flow.syntax import (
    is_generator,
)
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NONE,
    NOTHING,
    UNKNOWN,
    Argument,
    Choice,
    Class,
    Data,
    Function,
    Generator,
    Kind,
    Known,
    Mapped,
    Method,
    Object,
    Parameters,
    Partial,
    Sequence,
    Value,
    Wrapping,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution

MAX_RECURSION = 4


def call_value(
    x: Execution, function: Value, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """The result of calling a value."""
    match function:
        case Function():
            return call_function(x, function, arguments, node)
        case Known():
            from tflint_grad.flow.library import call_known

            return call_known(x, function.name, arguments, node)
        case Method():
            from tflint_grad.flow.methods import call_method

            return call_method(x, function.receiver, function.name, arguments, node)
        case Class():
            from tflint_grad.flow.instances import instantiate

            return instantiate(x, function, arguments, node)
        case Object():
            return call_object(x, function, arguments, node)
        case Partial():
            keywords = [Argument(value, name) for name, value in function.keywords.items()]
            given = {argument.keyword for argument in arguments if argument.keyword}
            merged = [
                *(Argument(value) for value in function.arguments),
                *(entry for entry in keywords if entry.keyword not in given),
                *arguments,
            ]
            return call_value(x, function.function, merged, node)
        case Choice():
            return _call_options(x, function, arguments, node)
        case _:
            return call_opaque(x, arguments, node, x.groups((function,)))


def _call_options(
    x: Execution, choice: Choice, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    options = [option for option in choice.options if not x.is_none(option)]
    options = [option for option in options if _takes(x, option, arguments)] or options
    results: list[Value] = []

    def run(option: Value) -> None:
        results.append(call_value(x, option, arguments, node))

    if not options:
        return UNKNOWN
    x.fork([partial(run, option) for option in options])
    return join_values(results) if results else UNKNOWN


def _takes(x: Execution, option: Value, arguments: Many[Argument]) -> bool:
    """Whether an instance of the project has room for so many arguments: else it is not the one."""
    if not isinstance(option, Object) or not isinstance(option.cls, Class):
        return True
    method = attributes.find_in_class(x, option.cls, "call")
    if not isinstance(method, Function) or any(entry.star for entry in arguments):
        return True
    params = method.node.params
    if isinstance(params.star_arg, cst.Param):
        return True
    given = sum(1 for entry in arguments if entry.keyword is None)
    return given < len(params.posonly_params) + len(params.params)  # which count `self`


# --- opaque calls


def call_opaque(
    x: Execution,
    arguments: Many[Argument],
    node: cst.CSTNode,
    more: Many[Any] = (),
    reads: bool = True,
) -> Data | Object:
    """A call into the unknown: arguments may come back, callbacks may be run, tapes escape."""
    values = [argument.value for argument in arguments]
    for tape in x.recording:
        x.tapes[tape].saw_opaque = True
    for value in values:
        escape(x, value)
    results = [result for value in values for result in run_callback(x, value, node)]
    groups = [*more, *x.groups(results)]
    if not x.recording and (not groups or only_refers(x, values)):
        return adopting_object(x, values, text_of(node), None, node)
    if reads or x.recording:
        groups.extend(x.groups(values))
    return picked(x, x.opaque(node, groups), values)


def picked(x: Execution, result: Data, values: Many[Value]) -> Data:
    """What comes out of a container may have been put into it: `loss = first(losses)`."""
    if any(isinstance(heap.resolved(x, value), (Sequence, Mapped)) for value in values):
        return replace(result, made=None)
    return result


def only_refers(x: Execution, values: Many[Value]) -> bool:
    """Whether a call is given instances or functions, and at most variables: `make(model, w)`."""
    parts = [part for value in values for part in (heap.parts(x, value) or [value])]
    data = [part for part in parts if isinstance(part, Data)]
    others = [part for part in parts if not isinstance(part, Data)]
    return (
        bool(others)
        and all(part.constant is not NOTHING or part.kind is Kind.VARIABLE for part in data)
        and all(
            isinstance(part, (Function, Parameters, Partial))
            or (isinstance(part, Object) and _is_instance(x, part))
            for part in others
        )
    )


def _is_instance(x: Execution, value: Object) -> bool:
    return value.cls is not None or x.survey.is_model(x.sources[value.identity].name)


def adopting_object(
    x: Execution, values: Many[Value], name: str, cls: str | None, node: cst.CSTNode
) -> Object:
    """A model from a factory, a batch from a loader: an object that may carry its arguments.

    Arguments that are objects or variables are not read before the result is used.
    """
    station = x.station(node)
    made = Object(x.new_source(SourceKind.OBJECT, name, station), cls)
    for value in values:
        x.own(made.identity, value)
    computed = [
        paths
        for paths in x.groups(values)
        if any(path.tapes is not None for path in paths.values())
    ]
    if computed:
        content = through(x, computed, station, False, False)
        x.store.set(("content", made.identity), content)
    return made


def run_callback(x: Execution, value: Value, node: cst.CSTNode, depth: int = 0) -> list[Value]:
    """A function handed to somebody unknown is executed once, with unknown parameters."""
    if isinstance(value, Function) and value.role != "class":
        if _rounds_on_stack(x, value):
            return []
        arguments = [
            Argument(x.unknown_object(param.name.value, x.station(param)))
            for param in (*value.node.params.posonly_params, *value.node.params.params)
        ]
        if value.receiver is not None or (value.owner is not None and value.role == ""):
            arguments = arguments[1:]
        names_given = [
            Argument(x.unknown_object(param.name.value), param.name.value)
            for param in value.node.params.kwonly_params
            if param.default is None
        ]
        mark = x.frame.loops
        x.frame.loops += 1  # nobody knows how often it is called
        try:
            return [call_function(x, value, [*arguments, *names_given], node)]
        finally:
            x.frame.loops = mark
    if isinstance(value, Partial):
        return list(run_callback(x, value.function, node, depth + 1)) if depth < 3 else []
    if depth < 2 and isinstance(heap.resolved(x, value), (Sequence, Mapped)):
        return [
            result
            for part in heap.parts(x, value)[:8]
            if isinstance(part, Function)
            for result in run_callback(x, part, node, depth + 1)
        ]
    return []


def call_object(
    x: Execution, receiver: Object, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`model(x)`: the method `__call__` or `call` of its class, else a call of the very object."""
    if isinstance(receiver.cls, Class):
        method = attributes.find_in_class(x, receiver.cls, "__call__")
        if isinstance(method, Function):
            bound = attributes.read_attribute(x, receiver, "__call__", node)
            return call_value(x, bound, arguments, node)
        method = attributes.find_in_class(x, receiver.cls, "call")
        if isinstance(method, Function) and not x.frame_runs(method):
            bound = attributes.read_attribute(x, receiver, "call", node)
            from tflint_grad.flow.keras_hooks import accepted_arguments

            return call_value(x, bound, accepted_arguments(x, method, arguments), node)
    from tflint_grad.flow.keras_objects import call_keras_object

    return call_keras_object(x, receiver, arguments, node)


# --- functions of the project


def call_function(
    x: Execution, function: Function, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """Execute a function of the project with the arguments of a call."""
    if x.taught:
        from tflint_grad.flow.taught import call_taught, fact_of_function

        said = fact_of_function(x, function)
        if said is not None:
            return call_taught(x, said, arguments, node, function.receiver)
    if function.wrapping.custom_gradient:
        # The value passes, whatever its body does: the author says what the gradient is.
        x.tuple_calls.add(id(node))
        return x.operate(node, x.groups(entry.value for entry in arguments), Kind.TENSOR)
    if function.wrapping.opaque:
        return call_opaque(x, arguments, node)
    if function.wrapping.cached:
        return _from_cache(x, function, arguments, node)
    depth = len(x.frames)
    if depth > x.MAX_CALLS or _rounds_on_stack(x, function) >= MAX_RECURSION:
        x.cut_short.append(f"call of {function.name}: too deep or recursive")
        return call_opaque(x, arguments, node)
    if function.name == "__init__" and x.statement is node:
        from tflint_grad.flow.instances import base_waits

        if base_waits(x, function, arguments, node):
            return NONE
    bound = bind_arguments(x, function, arguments, node)
    if function.unit.mentions("yield") and is_generator(function.node):
        return Generator(function, bound)
    return run_body(x, function, bound, node)


def _from_cache(
    x: Execution, function: Function, arguments: Many[Argument], node: cst.CSTNode
) -> Value:
    """`functools.cache` and the like: the same arguments give the very same object again."""
    given = [] if function.receiver is None else [Argument(function.receiver)]
    parts = [_cache_key(x, argument) for argument in (*given, *arguments)]
    if any(part is None for part in parts):
        return call_opaque(x, arguments, node)
    key = ("cached", id(function.node), *parts)
    known: Value | None = x.store.get(key)
    if known is None:
        wrapping = replace(function.wrapping, cached=False)
        known = call_function(x, replace(function, wrapping=wrapping), arguments, node)
        x.store.set(key, known)
    return known


def _cache_key(x: Execution, argument: Argument) -> tuple[object, ...] | None:
    """What tells an argument from others; None where nothing does."""
    value = argument.value
    constant = x.constant_of(value)
    if isinstance(constant, (str, int, float, bool, type(None))):
        return argument.keyword, type(constant), constant
    identity = getattr(value, "identity", None)
    return None if identity is None or argument.star else (argument.keyword, "same", identity)


def _rounds_on_stack(x: Execution, function: Function) -> int:
    return sum(
        1
        for frame in x.frames
        if frame.function is not None and frame.function.node is function.node
    )


# --- decorators


def decorate(x: Execution, decorator: cst.CSTNode, function: Value) -> Value:
    """What a decorated function is."""
    if isinstance(decorator, cst.Attribute) and decorator.attr.value in ("setter", "deleter"):
        return replace(function, role="setter") if isinstance(function, Function) else function
    value = attributes.materialise(x, x.evaluate(decorator))
    found = call_value(x, value, [Argument(function)], decorator)
    if isinstance(found, Data) or (isinstance(found, Object) and found.cls is None):
        return wrapped(function, opaque=True)  # it may do anything before and after
    return found


def wrapped(function: Value, **changes: Any) -> Value:
    """The same function under another wrapping."""
    if isinstance(function, Function):
        wrapping: Wrapping = replace(function.wrapping, **changes)
        return replace(function, wrapping=wrapping)
    return function
