"""The body of a function of the project: its frame, its share of steps, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, heap, names, staging
from tflint_grad.flow.joins import join_cells, join_values
from tflint_grad.flow.keeping import escape, keep
from tflint_grad.flow.keras_hooks import hook_mode
from tflint_grad.flow.limits import LimitReached
from tflint_grad.flow.paths import NO_TAPES
from tflint_grad.flow.state import RECORDING, Context, Frame
from tflint_grad.flow.syntax import has_nested_generator, has_walrus, loaded_names
from tflint_grad.flow.text import text_of
from tflint_grad.flow.values import (
    NEVER,
    NONE,
    Data,
    Function,
    Kind,
    Object,
    Sequence,
    Tape,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


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
    from tflint_grad.flow.calls import adopting_object

    x.cut_short.append(f"call of {function.name}: its share of steps is used up")
    for value in bound.values():
        escape(x, value)
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
            frame.returns.append(attributes.materialise(x, x.evaluate(function.node.body)))
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
                escape(x, part)
            elif isinstance(part, Function) and part.scope == frame.scope:
                for name in loaded_names(part.node):
                    held = x.store.get(("name", frame.scope, name))
                    if isinstance(held, Tape) and frame.function is not None:
                        if frame.function.wrapping.custom_gradient:
                            escape(x, held)  # dies with the outer tape's record
                        elif x.tapes[held.identity].frame is frame:
                            keep(x, held, "closure", part.name, None)


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
