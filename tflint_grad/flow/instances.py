"""Instances of the project's classes, made by executing the constructor.

An instance of a class of another file that is made while no tape records is constructed when
somebody asks for what its constructor assigns: most of them nobody ever asks (measured on
tf-agents and tf-models-official: a sixth and a quarter of all that is executed).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.flow import attributes, heap
from tflint_grad.flow.arguments import bind_arguments
from tflint_grad.flow.aside import aside
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.calls import call_function, call_value
from tflint_grad.flow.keras_hooks import makes_owners
from tflint_grad.flow.record import record
from tflint_grad.flow.state import Context, SourceKind
from tflint_grad.flow.values import (
    Argument,
    Class,
    Data,
    Function,
    Kind,
    Known,
    Object,
    Partial,
    Tape,
    Value,
)
from tflint_grad.outline import DefItem

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution
    from tflint_grad.flow.paths import Place
    from tflint_grad.outline import Unit


#: Constructors of the file itself that do not wait, of each class.
SHOWN = 2
_CONSTRUCTORS = ("__init__", "build", "__post_init__")
#: What the constructors of Keras' own classes keep.
_OF_KERAS = frozenset(("layers", "activation"))


@record
class Waiting:
    """A constructor that has not been executed: what it may assign, and where its call stands."""

    run: Callable[[], object]
    assigns: frozenset[str] | None
    unit: Unit
    scope: int
    calls: tuple[tuple[int, Place], ...]
    context: Context


def instantiate(x: Execution, cls: Class, arguments: Many[Argument], node: cst.CSTNode) -> Value:
    """An instance, made by executing the constructor (and Keras' `build`), now or when asked."""
    bases = cls.library_bases()
    if any(base.split(".")[-1] in ("Enum", "IntEnum", "Exception", "ValueError") for base in bases):
        return Data(Kind.HOST)
    kind = SourceKind.MODEL if makes_owners(cls) else SourceKind.OBJECT
    receiver = Object(x.new_source(kind, cls.name, x.station(node)), cls)
    x.on_instance(receiver, cls)
    if x.frame.function is not None:
        x.passing.add(receiver.identity)
    for argument in arguments:
        x.own(receiver.identity, argument.value)
    run = partial(_construct, x, receiver, cls, arguments, node)
    if not _waits(x, receiver, cls, cls, arguments, run):
        run()
    return receiver


def base_waits(
    x: Execution, function: Function, arguments: Many[Argument], node: cst.CSTNode
) -> bool:
    """Whether `super().__init__(…)` of a class of another file waits."""
    receiver, owner = function.receiver, function.owner
    if not isinstance(receiver, Object) or not isinstance(receiver.cls, Class) or owner is None:
        return False

    def run() -> None:
        run_body(x, function, bind_arguments(x, function, arguments, node), node)

    return _waits(x, receiver, receiver.cls, owner, arguments, run)


def make(x: Execution, identity: int, attribute: str) -> None:
    """Execute the constructors of an instance that wait, up to one that may assign the attribute."""
    waiting = x.waiting[identity]
    if len(x.frames) > x.MAX_CALLS:
        return
    asked = [i for i, one in enumerate(waiting) if _may_assign(one, attribute)]
    if not asked:
        return
    now, later = waiting[: asked[-1] + 1], waiting[asked[-1] + 1 :]
    if later:
        x.waiting[identity] = later
    else:
        del x.waiting[identity]
    for one in now:
        _run_where_it_is_called(x, one)


def _may_assign(waiting: Waiting, attribute: str) -> bool:
    assigns = waiting.assigns
    return assigns is None or attribute in assigns or attribute in attributes.PARAMETER_LISTS


def _run_where_it_is_called(x: Execution, waiting: Waiting) -> None:
    paused, x.paused = x.paused, ()
    try:
        with aside(x, waiting.scope, waiting.context, waiting.calls):
            x.unit = waiting.unit
            waiting.run()
    finally:
        x.paused = paused


def _construct(
    x: Execution, receiver: Object, cls: Class, arguments: Many[Argument], node: cst.CSTNode
) -> None:
    init = attributes.find_in_class(x, cls, "__init__")
    fields = next((c.dataclass_fields for c in cls.ancestry() if c.dataclass_fields), None)
    if isinstance(init, Function):
        bound = bind_arguments(x, replace(init, receiver=receiver), arguments, node)
        # No frame of its own in the chain of calls: what a constructor computes is shown there.
        run_body(x, init, bound, node, is_entry=True)
    elif fields is not None:
        _fill_fields(x, receiver, cls, fields, arguments, node)
    elif any(isinstance(base, Known) for c in cls.ancestry() for base in c.bases):
        from tflint_grad.flow.keras_objects import adopt_layers

        adopt_layers(x, receiver, arguments)
    build = attributes.find_in_class(x, cls, "build")
    if isinstance(build, Function) and makes_owners(cls):
        shape = [Argument(Data(Kind.HOST))] * max(len(build.node.params.params) - 1, 0)
        call_function(x, replace(build, receiver=receiver), shape, node)


def _fill_fields(
    x: Execution,
    receiver: Object,
    cls: Class,
    fields: Many[str],
    arguments: Many[Argument],
    node: cst.CSTNode,
) -> None:
    plain = [argument for argument in arguments if argument.keyword is None and not argument.star]
    for name, argument in zip(fields, plain, strict=False):
        attributes.bind_attribute(x, receiver, name, argument.value, node)
    for argument in arguments:
        if argument.keyword is not None:
            attributes.bind_attribute(x, receiver, argument.keyword, argument.value, node)
    for name in fields:
        if ("attribute", receiver.identity, name) not in x.store:
            default = attributes.find_in_class(x, cls, name)
            if isinstance(default, Partial) and "default_factory" in default.keywords:
                made = call_value(x, default.keywords["default_factory"], [], node)
                attributes.bind_attribute(x, receiver, name, made, node)
    after = attributes.find_in_class(x, cls, "__post_init__")
    if isinstance(after, Function):
        call_function(x, replace(after, receiver=receiver), [], node)


# --- what can wait


def _waits(
    x: Execution,
    receiver: Object,
    cls: Class,
    owner: Class,
    arguments: Many[Argument],
    run: Callable[[], object],
) -> bool:
    """Let the constructor that `cls` has from `owner` wait, if nobody could tell.

    Nothing records, and by its syntax it changes nothing but the instance.
    """
    if x.recording or x.paused or x.context.is_graph:
        return False
    if x.is_own(owner.unit):
        # Its own events are told by the first ones.
        made = x.constructions[owner.identity] = x.constructions.get(owner.identity, 0) + 1
        if made <= SHOWN:
            return False
    if any(_holds_tape(x, argument.value) for argument in arguments):
        return False
    reach = _reach(x, cls, owner)
    if reach is None or reach.outside or not x.leading.isdisjoint(reach.mentions):
        return False
    waiting = Waiting(run, reach.assigns, x.unit, x.frame.scope, x.frame.calls, x.context)
    x.waiting[receiver.identity] = [*x.waiting.get(receiver.identity, ()), waiting]
    return True


def _holds_tape(x: Execution, value: Value) -> bool:
    return isinstance(value, Tape) or any(isinstance(p, Tape) for p in heap.parts(x, value))


@record
class Reach:
    """What a constructor does, by its own syntax and that of the methods it calls on the instance."""

    outside: bool
    assigns: frozenset[str] | None
    mentions: frozenset[str]


def _reach(x: Execution, cls: Class, owner: Class) -> Reach | None:
    """None where methods are out of sight."""
    key = (cls.identity, owner.identity)
    if key not in x.reaches:
        x.reaches[key] = _found_reach(x, cls, owner)
    return x.reaches[key]


def _found_reach(x: Execution, cls: Class, owner: Class) -> Reach | None:
    methods = _methods(x, cls, owner)
    if methods is None:
        return None
    assigns = {*_OF_KERAS, *(name for c in cls.ancestry() for name in c.dataclass_fields or ())}
    mentions, seen = set[str](), set[str]()
    asked, by_computed_names = list(_CONSTRUCTORS), False
    while asked:
        name = asked.pop()
        if name in seen:
            continue
        seen.add(name)
        for item in methods.get(name, ()):
            effects = item.effects
            if effects.outside or item.names.is_root:
                return Reach(True, None, frozenset())
            assigns |= effects.assigns or frozenset()
            by_computed_names |= effects.assigns is None
            mentions |= item.names.used | item.names.attributes
            asked.extend(effects.calls)
    return Reach(False, None if by_computed_names else frozenset(assigns), frozenset(mentions))


def _methods(x: Execution, cls: Class, owner: Class) -> dict[str, list[DefItem]] | None:
    """The methods of an instance by name, its own and inherited ones; constructors from `owner` on."""
    found: dict[str, list[DefItem]] = {}
    bases = {entry.identity for entry in owner.ancestry()}
    for entry in cls.ancestry():
        pending = x.pending_members.get(entry.identity)
        if pending is None:
            return None
        for member in pending.item.members:
            if isinstance(member, DefItem) and (
                entry.identity in bases or member.name not in _CONSTRUCTORS
            ):
                found.setdefault(member.name, []).append(member)
    return found
