"""Keras hooks and compiled losses: executed under the tape that Keras opens by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tflint_grad.flow import attributes
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.entries import entry_arguments
from tflint_grad.flow.events import GradientTaken
from tflint_grad.flow.keras_hooks import hook_mode
from tflint_grad.flow.paths import LEAF
from tflint_grad.flow.question import AskedSource, answer, cause_of_host_target, failing_steps
from tflint_grad.flow.state import RECORDING, Context, SourceKind, TapeSite, TapeState
from tflint_grad.flow.values import (
    Argument,
    Class,
    Data,
    Function,
    Kind,
    Object,
    Tape,
    Value,
)

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution
    from tflint_grad.flow.paths import Station
    from tflint_grad.flow.program import Program


def open_implicit(x: Execution, station: Station) -> Tape:
    """A tape that somebody out of sight opens; it watches what it can."""
    tape = Tape(x.fresh())
    x.tapes[tape.identity] = TapeSite(station, False, True, x.frame)
    x.set_tape(tape.identity, TapeState(recording=True, entered=True))
    x.store.set(RECORDING, x.recording | {tape.identity})
    return tape


def close_implicit(x: Execution, tape: Tape) -> None:
    x.store.set(RECORDING, x.recording - {tape.identity})


def ask_hook(
    x: Program,
    function: Function,
    cls: Class,
    receiver: Object | None,
    arguments: Mapping[str, Value],
    context: Context,
) -> None:
    """`call` runs under Keras' tape: its own weights are asked for (likely, since `fit` decides)."""
    if function.name != "call" or receiver is None:
        run_body(x, function, arguments, function.node, context=context, is_entry=True)
        return
    station = x.station(function.node)
    tape = open_implicit(x, station)
    result = run_body(x, function, arguments, function.node, context=context, is_entry=True)
    close_implicit(x, tape)
    if not isinstance(result, Data) or not result.paths:
        return
    paths = x.paths(result)
    owned = _own_weights(x, receiver, paths)
    target = Argument(result)
    answers = tuple(
        answer(
            x, tape.identity, target, paths, AskedSource(x.sources[i].name, (i,), Object(i), True)
        )
        for i in owned
    )
    told = tuple(found for found in answers if found.state == "cut" and found.sure)
    failing = failing_steps(tape.identity, paths)
    if told and len(told) != len(answers):
        told = ()
    if told or failing:
        x.events.append(
            GradientTaken(
                station,
                context,
                x.tapes[tape.identity],
                "gradient",
                f"the output of {cls.name}.call",
                told[:1],
                False,
                cause_of_host_target(result, paths),
                False,
                hook="call",
                failing=failing,
            )
        )


def _own_weights(x: Program, receiver: Object, paths: Mapping[int, object]) -> list[int]:
    """Variables and layers of the object that its output was computed from."""
    return [
        identity
        for identity in paths
        if x.sources[identity].kind in (SourceKind.VARIABLE, SourceKind.MODEL)
        and receiver.identity in x.ancestors(identity)
    ]


def ask_compiled_losses(x: Program) -> None:
    """A loss handed to `compile` is asked for its gradient with respect to the prediction."""
    seen: set[int] = set()
    for value, station, mode in list(x.hook_losses):
        function, receiver = _loss_function(x, value)
        if function is None or id(function.node) in seen:
            continue
        seen.add(id(function.node))
        x.guarded(
            function.name,
            lambda f=function, r=receiver, s=station, m=mode: _ask_loss(x, f, r, s, m),
        )


def _loss_function(x: Program, value: Value) -> tuple[Function | None, Object | None]:
    if isinstance(value, Function):
        return value, None
    if isinstance(value, Object) and isinstance(value.cls, Class):
        method = attributes.find_in_class(x, value.cls, "call")
        if isinstance(method, Function):
            return method, value
    return None, None


def _ask_loss(
    x: Program, function: Function, receiver: Object | None, station: Station, mode: str
) -> None:
    params = [*function.node.params.posonly_params, *function.node.params.params]
    if receiver is not None:
        params = params[1:]
    if len(params) < 2:
        return
    mark = x.store.mark()
    x.unit = function.unit
    if mode == "graph" and hook_mode(function, function.owner) == "autograph":
        mode = "autograph"
    why = "Keras runs losses in a graph without AutoGraph"
    context = x.context if mode == "eager" else Context(mode, why=why if mode == "graph" else "")
    context = Context("autograph") if function.wrapping.graph else context
    tape = open_implicit(x, station)
    bound: dict[str, Value] = entry_arguments(x, function, None, receiver)
    identity = x.new_source(SourceKind.MODEL, params[1].name.value, station)
    labels = x.new_source(SourceKind.OBJECT, params[0].name.value, station)
    traced = context.is_graph
    bound[params[0].name.value] = Data(
        Kind.TENSOR, {labels: LEAF}, identity=labels, symbolic=traced
    )
    prediction = Data(Kind.TENSOR, {identity: LEAF}, "float", identity, symbolic=traced)
    bound[params[1].name.value] = prediction
    frame = x.frame
    if not x.is_own(function.unit):
        calls = (*station.calls, (x.fresh(), station.place))
        x.frame = replace(frame, identity=x.fresh(), calls=calls)
    result = run_body(x, function, bound, function.node, context=context, is_entry=True)
    x.frame = frame
    close_implicit(x, tape)
    if isinstance(result, Data):
        paths = x.paths(result)
        source = AskedSource(params[1].name.value, (identity,), prediction, True)
        found = answer(x, tape.identity, Argument(result), paths, source)
        failing = failing_steps(tape.identity, paths)
        if found.state in ("cut", "lost") or failing:
            x.events.append(
                GradientTaken(
                    station,
                    context,
                    x.tapes[tape.identity],
                    "gradient",
                    f"the loss {function.name}",
                    (found,),
                    result.kind in (Kind.HOST, Kind.NDARRAY),
                    cause_of_host_target(result, paths),
                    False,
                    hook="loss",
                    failing=failing,
                )
            )
    x.store.take_back(mark)
