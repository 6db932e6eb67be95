"""Calls: functions and classes of the project are executed; everything else has its own room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import libcst as cst

from tflint_grad.flow import heap, names, staging
from tflint_grad.flow.joins import join_cells, join_values
from tflint_grad.flow.keras_hooks import hook_mode
from tflint_grad.flow.limits import LimitReached
from tflint_grad.flow.paths import NO_TAPES
from tflint_grad.flow.recording import through
from tflint_grad.flow.state import RECORDING, Context, Frame, SourceKind
from tflint_grad.flow.syntax import (
    has_nested_generator,
    has_walrus,
    is_generator,
    loaded_names,
)
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NEVER,
    NONE,
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
    Partial,
    Sequence,
    Tape,
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
    method = names.find_in_class(x, option.cls, "call")
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
        names.escape(x, value)
    results = [result for value in values for result in run_callback(x, value, node)]
    groups = [*more, *x.groups(results)]
    if not groups and not x.recording:
        return adopting_object(x, values, text_of(node), None, node)
    if reads or x.recording:
        groups.extend(x.groups(values))
    return picked(x, x.opaque(node, groups), values)


def picked(x: Execution, result: Data, values: Many[Value]) -> Data:
    """What comes out of a container may have been put into it: `loss = first(losses)`."""
    if any(isinstance(heap.resolved(x, value), (Sequence, Mapped)) for value in values):
        return replace(result, made=None)
    return result


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
        method = names.find_in_class(x, receiver.cls, "__call__")
        if isinstance(method, Function):
            bound = names.read_attribute(x, receiver, "__call__", node)
            return call_value(x, bound, arguments, node)
        method = names.find_in_class(x, receiver.cls, "call")
        if isinstance(method, Function) and not x.frame_runs(method):
            bound = names.read_attribute(x, receiver, "call", node)
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


def run_body(
    x: Execution,
    function: Function,
    bound: Mapping[str, Value],
    node: cst.CSTNode,
    on_yield: Callable[[Value], None] | None = None,
    context: Context | None = None,
    is_entry: bool = False,
) -> Value:
    """Run the body of a function in a frame of its own and return the join of what it returns.

    Code of another file gets a share of steps of its own, so that what it does cannot end the
    analysis of the caller; beyond that share it is out of sight.
    """
    is_own = x.is_own(function.unit)
    if is_own:
        x.use_reserve()
    if is_own or on_yield is not None or node is function.node:
        return _run_here(x, function, bound, node, on_yield, context, is_entry)
    if x.recording:
        return _run_abroad(x, function, bound, node, context, is_entry)
    spent = x.spent_at_rest.get(id(function.node), 0)
    if spent > x.STEPS_PER_FUNCTION_AT_REST:
        return _out_of_sight(x, function, bound, node)
    start = x.steps
    try:
        return _run_abroad(x, function, bound, node, context, is_entry)
    finally:
        x.spent_at_rest[id(function.node)] = spent + x.steps - start


def _run_abroad(
    x: Execution,
    function: Function,
    bound: Mapping[str, Value],
    node: cst.CSTNode,
    context: Context | None,
    is_entry: bool,
) -> Value:
    if x.abroad or not x.is_own(x.unit):
        return _run_here(x, function, bound, node, None, context, is_entry)
    share = min(x.STEPS_PER_CALL_ABROAD, x.steps_abroad)
    if not x.recording:
        share = min(share, x.steps_at_rest)
    limits, start, left, recording = (x.step_limit, x.total_limit), x.steps, x.exit, x.recording
    known = set(x.tapes)
    x.step_limit, x.total_limit = start + share, max(x.total_limit, start + share)
    x.abroad = True
    try:
        return _run_here(x, function, bound, node, None, context, is_entry)
    except LimitReached:
        x.exit = left
        x.store.set(RECORDING, recording)
        x.abandon_tapes(known)
        return _out_of_sight(x, function, bound, node)
    finally:
        x.abroad = False
        used = x.steps - start
        x.steps_abroad -= used
        if not recording:
            x.steps_at_rest -= used
        x.step_limit, x.total_limit = limits[0] + used, limits[1] + used


def _out_of_sight(
    x: Execution, function: Function, bound: Mapping[str, Value], node: cst.CSTNode
) -> Value:
    """What a function gives whose steps are used up: what the unknown gives."""
    x.cut_short.append(f"call of {function.name}: its share of steps is used up")
    for value in bound.values():
        names.escape(x, value)
    for tape in x.recording:
        x.tapes[tape].saw_opaque = True
    groups = x.groups(bound.values())
    if not x.recording and not any(path.tapes for paths in groups for path in paths.values()):
        return adopting_object(x, [*bound.values()], text_of(node), None, node)
    return x.opaque(node, groups)


def _run_here(
    x: Execution,
    function: Function,
    bound: Mapping[str, Value],
    node: cst.CSTNode,
    on_yield: Callable[[Value], None] | None,
    context: Context | None,
    is_entry: bool,
) -> Value:
    from tflint_grad.flow.tapes import note_undeleted

    caller, unit, exit_before = x.frame, x.unit, x.exit
    x.executed.add(id(function.node))
    scope = names.new_scope(x, function.scope)
    context = context or context_of_call(x, function)
    calls = caller.calls if is_entry else (*caller.calls, (x.fresh(), x.place(node)))
    frame = Frame(x.fresh(), scope, context, calls, function, x.store.mark(), on_yield=on_yield)
    frame.graph_control = caller.graph_control if context.is_graph else 0
    frame.loops = caller.loops
    entering_graph = context.is_graph and not caller.context.is_graph
    frame.branches = 0 if entering_graph else caller.branches
    watching = x.recording if entering_graph and not is_entry else NO_TAPES
    mark = staging.new_mark(x) if watching else 0
    for name, value in bound.items():
        if watching:
            value = staging.marked_input(x, value, mark)
        value = names.identified(x, name, value, node)
        x.store.set(("name", scope, name), _traced(x, value) if entering_graph else value)
    x.frame, x.unit = frame, function.unit
    x.frames.append(frame)
    x.exit = None
    try:
        if isinstance(function.node, cst.Lambda):
            frame.returns.append(names.materialise(x, x.evaluate(function.node.body)))
        else:
            x.evaluate(function.node.body)
        left = x.exit
        if left is None:
            if not isinstance(function.node, cst.Lambda):
                note_undeleted(x)
                frame.returns.append(NONE)
            if frame.pending:
                frame.pending.append(x.store.changes(frame.mark))
        elif left.kind == "return" and left.frame == frame.identity and frame.pending:
            frame.pending.append(x.store.changes(frame.mark))
        if len(frame.pending) > 1:
            x.store.take_back(frame.mark)
            x.store.join(frame.pending, join_cells)
    finally:
        x.frames.pop()
        x.frame, x.unit = caller, unit
    if left is not None and left.frame != frame.identity and left.kind != "raise":
        x.exit = left  # a loop body or block that ran where this generator yielded
    else:
        x.exit = exit_before
    returns = frame.returns
    note_tapes_at_exit(x, frame)
    if not returns:
        return NEVER  # it always raises: abstract, or an error path
    if _is_abstract(function.node):
        return x.opaque(node, x.groups(bound.values()))
    value = join_values(returns)
    if watching:
        value = staging.results(x, value, watching, node, function.name)
    return _concrete(value) if entering_graph else value


def note_tapes_at_exit(x: Execution, frame: Frame) -> None:
    """Which persistent tapes leave their function undeleted, or in a closure that is handed out."""
    if not x.sites and not x.passing:
        return
    for value in frame.returns:
        for part in (value, *heap.parts(x, value)):
            if isinstance(part, Object):
                x.passing.discard(part.identity)
            elif isinstance(part, Tape):
                names.escape(x, part)
            elif isinstance(part, Function) and part.scope == frame.scope:
                for name in loaded_names(part.node):
                    held = x.store.get(("name", frame.scope, name))
                    if isinstance(held, Tape) and frame.function is not None:
                        if frame.function.wrapping.custom_gradient:
                            names.escape(x, held)  # dies with the outer tape's record
                        elif x.tapes[held.identity].frame is frame:
                            names.keep(x, held, "closure", part.name, None)


def _is_abstract(node: cst.FunctionDef | cst.Lambda) -> bool:
    """Only a docstring, `pass` or `...`, also on the `def` line: the body is somewhere else."""
    if isinstance(node, cst.Lambda):
        return False
    lines = node.body.body if isinstance(node.body, cst.IndentedBlock) else [node.body]
    return all(
        isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
        and all(_says_nothing(small) for small in line.body)
        for line in lines
    )


def _says_nothing(statement: cst.BaseSmallStatement) -> bool:
    if isinstance(statement, cst.Expr):
        texts = (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)
        return isinstance(statement.value, texts)
    return isinstance(statement, cst.Pass)


def _traced(x: Execution, value: Value) -> Value:
    """A tensor that is handed to a tf.function is a symbolic one inside."""
    if isinstance(value, Object):
        x.traced.add(value.identity)
    if isinstance(value, Data) and value.kind is Kind.TENSOR and not value.symbolic:
        return replace(value, symbolic=True)
    if isinstance(value, Sequence) and value.items:
        return replace(value, items=tuple(_traced(x, item) for item in value.items))
    return value


def _concrete(value: Value) -> Value:
    if isinstance(value, Data) and value.symbolic:
        return replace(value, symbolic=False)
    if isinstance(value, Sequence) and value.items:
        return replace(value, items=tuple(_concrete(item) for item in value.items))
    return value


def context_of_call(x: Execution, function: Function) -> Context:
    """How the body runs: a context belongs to an execution and is inherited through calls."""
    context, wrapping = x.context, function.wrapping
    if wrapping.graph:
        mode, why = "autograph", ""
        if not wrapping.autograph:
            mode, why = "graph", "autograph=False"
        context = Context(mode, context.xla or wrapping.xla, why)
    if not wrapping.converted and context.is_graph:
        return replace(context, mode="graph", why="do_not_convert")
    hook = "" if wrapping.graph else hook_mode(function, function.owner)
    if hook == "autograph" and context.is_graph:
        context = replace(context, mode="autograph", why="")
    if context.mode == "autograph":
        if function.unit.mentions(":=") and has_walrus(function.node):
            return replace(context, mode="graph", why="a walrus in the function")
        if function.unit.mentions("yield") and has_nested_generator(function.node):
            return replace(context, mode="graph", why="a nested generator in the function")
        if hook == "graph":
            return replace(context, mode="graph", why="Keras does not convert it")
    return context


def bind_arguments(
    x: Execution, function: Function, arguments: Many[Argument], node: cst.CSTNode
) -> dict[str, Value]:
    """Parameter names to values; what cannot be told apart is joined."""
    params = function.node.params
    positional = [*params.posonly_params, *params.params]
    keyword_only = [*params.kwonly_params]
    bound: dict[str, Value] = {}
    given: list[Value] = []
    spill: list[Value] = []
    keywords: dict[str, Value] = {}
    loose: list[Value] = []
    if function.receiver is not None and function.role != "staticmethod":
        given.append(function.receiver)
    for argument in arguments:
        if argument.star == "*":
            content = heap.resolved(x, argument.value)
            if isinstance(content, Sequence) and content.rest is None and not spill:
                given.extend(content.items)
            else:
                from tflint_grad.flow.iteration import element_of

                spill.append(element_of(x, argument.value, node))
        elif argument.star == "**":
            mapped = heap.resolved(x, argument.value)
            if isinstance(mapped, Mapped):
                keywords.update({k: v for k, v in mapped.items.items() if isinstance(k, str)})
                if mapped.rest is not None:
                    loose.append(mapped.rest)
            else:
                loose.append(mapped)
        elif argument.keyword is not None:
            keywords[argument.keyword] = argument.value
        elif spill:
            spill.append(argument.value)
        else:
            given.append(argument.value)
    rest = join_values(spill) if spill else None
    for index, param in enumerate(positional):
        name = param.name.value
        if index < len(given):
            bound[name] = x.link_parameter(function, param, given[index])
        elif name in keywords:
            bound[name] = x.link_parameter(function, param, keywords.pop(name))
        elif rest is not None:
            bound[name] = rest
        elif name in function.defaults:
            bound[name] = function.defaults[name]
        else:
            bound[name] = join_values(loose) if loose else x.unknown_object(name)
    for param in keyword_only:
        name = param.name.value
        if name in keywords:
            bound[name] = keywords.pop(name)
        elif name in function.defaults:
            bound[name] = function.defaults[name]
        else:
            bound[name] = join_values(loose) if loose else x.unknown_object(name)
    if isinstance(params.star_arg, cst.Param):
        bound[params.star_arg.name.value] = Sequence(tuple(given[len(positional) :]), rest)
    if params.star_kwarg is not None:
        items = Mapped(keywords, join_values(loose) if loose else None)
        bound[params.star_kwarg.name.value] = heap.new_dict(x, items)
    return bound


# --- decorators


def decorate(x: Execution, decorator: cst.CSTNode, function: Value) -> Value:
    """What a decorated function is."""
    if isinstance(decorator, cst.Attribute) and decorator.attr.value in ("setter", "deleter"):
        return replace(function, role="setter") if isinstance(function, Function) else function
    value = names.materialise(x, x.evaluate(decorator))
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
