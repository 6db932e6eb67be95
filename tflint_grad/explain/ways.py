"""The ways through one function: from each argument to each part of its result."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from tflint_grad.config import UsageError
from tflint_grad.explain.library import explain_library
from tflint_grad.flow import attributes, heap, names, syntax
from tflint_grad.flow.bodies import run_body
from tflint_grad.flow.entries import entry_arguments, entry_context
from tflint_grad.flow.hooks import close_implicit, open_implicit
from tflint_grad.flow.iteration import rounds
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.paths import ANYTHING, Path
from tflint_grad.flow.positions import row_of, span_of
from tflint_grad.flow.program import RECURSION_LIMIT, Program
from tflint_grad.flow.state import EAGER, Context, SourceKind
from tflint_grad.flow.syntax import is_generator
from tflint_grad.flow.values import (
    NEVER,
    Choice,
    Class,
    Data,
    Function,
    Generator,
    Kind,
    Known,
    Mapped,
    Module,
    Object,
    Partial,
    Sequence,
    Value,
)
from tflint_grad.outline import DefItem
from tflint_grad.rules import RULES

if TYPE_CHECKING:
    from tflint_grad.flow.paths import Cause, Place
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.outline import Outline
    from tflint_grad.project import Project
    from tflint_grad.rules.broken_path import BrokenPath

#: What is shown of a container: so many parts, so deep.
MAX_PARTS = 16
MAX_DEPTH = 3
_UNKNOWN_DECORATOR = "under a decorator that is not known: whatever goes in may come out"
_CALLED = ("__call__", "call")


@dataclass(frozen=True)
class Way:
    """How one source comes out: `source` as the function names it, `told` in words."""

    source: str
    told: str


@dataclass(frozen=True)
class Part:
    """One part of a result: `result`, `result[0]`, `result['loss']`; what it is, and its ways."""

    name: str
    kind: str
    ways: tuple[Way, ...]


def explain_in_module(
    name: str,
    inner: list[str],
    path: str,
    outline: Outline,
    project: Project,
    taught: Taught,
    folder: str,
) -> str | None:
    """Execute the function `inner` of a module and tell what comes back; None: there is none.

    Raises:
        UsageError: the name stands for something that is not called.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    x = Program(outline, project, path, taught)
    x.step_limit = x.total_limit
    owner: Class | None
    try:
        value = _looked_up(x, inner)
        match value:
            case None:
                return None
            case Known():
                return explain_library(value.name)
            case Class():
                function, owner = _called_method(x, name, value)
                name = f"{name}.{function.name}"
            case Function():
                function, owner = value, value.owner
            case _ if len(inner) == 1 and _is_definition(outline, inner[0]):
                return f"{name}\n  {_UNKNOWN_DECORATOR}"
            case _:
                raise UsageError(f"--explain-function: {name!r} is no function")
        return _Explained(x, name, function, owner, folder).text()
    finally:
        sys.setrecursionlimit(limit)
        syntax.forget()


def _looked_up(x: Program, inner: list[str]) -> Value | None:
    value = names.read_in_scope(x, 0, inner[0])
    for part in inner[1:]:
        if isinstance(value, Class):
            value = attributes.find_in_class(x, value, part)
        elif isinstance(value, (Known, Module)):
            value = attributes.read_attribute(x, value, part, cst.Pass())
        elif value is not None:
            return None
    while isinstance(value, Partial):
        value = value.function
    if isinstance(value, Object) and isinstance(value.cls, Class):
        return value.cls
    return value


def _is_definition(outline: Outline, name: str) -> bool:
    return any(isinstance(item, DefItem) for item in outline.binders.get(name, ()))


def _called_method(x: Program, name: str, cls: Class) -> tuple[Function, Class]:
    for called in _CALLED:
        method = attributes.find_in_class(x, cls, called)
        if isinstance(method, Function):
            return method, cls
    raise UsageError(
        f"--explain-function: {name!r} is a class without {' or '.join(_CALLED)};"
        " name one of its methods"
    )


class _Explained:
    """One function after its execution with unknown arguments, under a tape that watches all."""

    def __init__(
        self, x: Program, name: str, function: Function, owner: Class | None, folder: str
    ) -> None:
        self.x, self.name, self.function, self.folder = x, name, function, folder
        self.context = entry_context(x, function, owner)
        self.arguments: Mapping[str, Value] = {}
        self.attributes: dict[int, str] = {}
        self.result: Value | None = None
        self.opaque = function.wrapping.opaque or function.wrapping.custom_gradient
        if not self.opaque:
            x.guarded(name, lambda: self._run(owner))

    def _run(self, owner: Class | None) -> None:
        x, function = self.x, self.function
        x.unit = function.unit
        receiver = None
        if owner is not None and function.role != "staticmethod":
            receiver = x.instance_of(owner)
        bound = entry_arguments(x, function, owner, receiver)
        if function.role == "classmethod" and owner is not None:
            bound[next(iter(bound), "cls")] = owner
        for name, value in bound.items():
            if isinstance(value, Data) and value.kind is Kind.HOST and value.dtype == "float":
                bound[name] = x.unknown_object(name)  # a number by default, else a tensor
        self.arguments = bound
        if receiver is not None:
            self.attributes = dict(_attributes(x, receiver, next(iter(bound), "self")))
        tape = open_implicit(x, x.station(function.node))
        if is_generator(function.node):
            yielded = rounds(x, Generator(function, bound), function.node).values
            self.result = join_values(yielded) if yielded else None
        else:
            self.result = run_body(
                x, function, bound, function.node, context=self.context, is_entry=True
            )
        close_implicit(x, tape)

    # --- in words

    def text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        place = self.x.place(self.function.node)
        where = f"{self._shown(self.function.unit.filename)}:{row_of(place)}"
        params = self.function.node.params
        signature = f"{self.name}({', '.join(_parameters(params))})"
        yield from textwrap.wrap(signature, 100, subsequent_indent=" " * 6, break_long_words=False)
        yield f"  defined at {where}"
        yield from self._circumstances()
        if self.opaque:
            return
        if self.result is None:
            yield "  it was not executed to its end: too long, or it always raises"
        elif self.result is NEVER:
            yield "  it never returns: it always raises, or does not end"
        else:
            parts = list(self._parts("result", self.result, 0))
            for part in parts[:MAX_PARTS]:
                yield from self._part_lines(part)
            if len(parts) > MAX_PARTS:
                yield f"  … and {len(parts) - MAX_PARTS} more parts of the result"
        for note in dict.fromkeys(self.x.cut_short):
            yield f"  not followed: {note}"

    def _circumstances(self) -> Iterator[str]:
        wrapping = self.function.wrapping
        if wrapping.custom_gradient:
            yield "  a custom gradient: its author says what comes back, and it is taken to flow"
        elif wrapping.opaque:
            yield f"  {_UNKNOWN_DECORATOR}"
        elif self.context.is_graph:
            yield f"  runs in a graph: {_why(self.context)}"
        if is_generator(self.function.node):
            yield "  a generator: each element that it yields"

    def _part_lines(self, part: Part) -> Iterator[str]:
        yield f"  {part.name}{f': {part.kind}' if part.kind else ''}"
        width = max((len(way.source) for way in part.ways), default=0)
        for way in part.ways:
            yield f"    {way.source:{width}}  {way.told}"

    # --- the parts of the result

    def _parts(self, name: str, value: Value, depth: int) -> Iterator[Part]:
        content = heap.resolved(self.x, value)
        if isinstance(content, Choice):
            kept = [option for option in content.options if not self.x.is_none(option)]
            if len(kept) == 1:
                content = heap.resolved(self.x, kept[0])
        if depth < MAX_DEPTH and isinstance(content, Sequence):
            for index, item in enumerate(content.items):
                yield from self._parts(f"{name}[{index}]", item, depth + 1)
            if content.rest is not None:
                yield from self._parts(f"{name}[…]", content.rest, depth + 1)
        elif depth < MAX_DEPTH and isinstance(content, Mapped):
            for key, item in content.items.items():
                yield from self._parts(f"{name}[{key!r}]", item, depth + 1)
            if content.rest is not None:
                yield from self._parts(f"{name}[…]", content.rest, depth + 1)
        else:
            ways = dict.fromkeys(self._ways(content))
            yield Part(name, _kind(self.x, content), tuple(ways))

    def _ways(self, value: Value) -> Iterator[Way]:
        if self.x.is_none(value):
            return
        paths = self.x.paths(value)
        told: set[int] = {ANYTHING}
        if isinstance(value, Object) and value.identity in paths:
            told |= {value.identity} - self._given()
        ordered = sorted(
            self.arguments.items(), key=lambda entry: _is_receiver(self.function, entry[0])
        )
        for name, argument in ordered:
            own = set(heap.identities(self.x, argument))
            if not own:
                if not _is_receiver(self.function, name):
                    yield Way(name, "not followed: " + _no_tensor(argument))
                continue
            mine = [i for i in paths if i in own or own & self.x.ancestors(i)]
            mine = [i for i in mine if i not in told]
            told.update(mine)
            for identity in mine:
                yield Way(self._source(identity, own, name), self._told(paths[identity]))
            if not mine and not _is_receiver(self.function, name):
                yield Way(name, "does not come out")
        for identity, path in paths.items():
            if identity not in told:
                yield Way(self._source(identity, set(), ""), self._told(path))
        anything = paths.get(ANYTHING)
        if anything is not None and anything.cut is None:
            yield Way("…", "something else may come out, through code that is not known")

    def _given(self) -> set[int]:
        """The identities of all arguments."""
        given = self.arguments.values()
        return {identity for value in given for identity in heap.identities(self.x, value)}

    def _source(self, identity: int, own: set[int], argument: str) -> str:
        source = self.x.sources[identity]
        if identity in own:
            return argument
        if identity in self.attributes:
            return self.attributes[identity]
        for other in own & self.x.ancestors(identity):
            whole = self.x.sources[other].name
            if source.name.startswith(f"{whole}."):
                return argument + source.name.removeprefix(whole)
        if source.kind in (SourceKind.VARIABLE, SourceKind.FROZEN, SourceKind.MODEL):
            return f"{source.name} ({source.kind.value})"
        return source.name

    def _told(self, path: Path) -> str:
        if path.cut is not None:
            surely = "" if path.sure else " as far as is known"
            return f"is cut{surely} at {self._at(path.cut.station.place)}: {_loss(path.cut)}"
        flows = "flows" if path.sure else "may flow, through code that is not known"
        lost = [f"{self._at(part.cause.station.place)}: {_loss(part.cause)}" for part in path.lost]
        return flows if not lost else f"{flows}; a part is lost at {'; and at '.join(lost)}"

    def _at(self, place: Place) -> str:
        start = span_of(place)[0]
        return f"{self._shown(place.unit.filename)}:{start.row}:{start.column}"

    def _shown(self, path: str) -> str:
        relative = os.path.relpath(path, self.folder)
        return path if relative.startswith("..") else relative


def _parameters(params: cst.Parameters) -> Iterator[str]:
    for param in (*params.posonly_params, *params.params):
        yield param.name.value
    if isinstance(params.star_arg, cst.Param):
        yield f"*{params.star_arg.name.value}"
    elif params.kwonly_params:
        yield "*"
    for param in params.kwonly_params:
        yield param.name.value
    if params.star_kwarg is not None:
        yield f"**{params.star_kwarg.name.value}"


def _attributes(x: Program, receiver: Object, spelled: str) -> Iterator[tuple[int, str]]:
    """What an instance holds goes by the attribute that holds it: `self.dense`."""
    for key, value in x.store.items():
        if key[0] == "attribute" and key[1] == receiver.identity:
            for identity in heap.identities(x, value):
                yield identity, f"{spelled}.{key[2]}"


def _is_receiver(function: Function, name: str) -> bool:
    """`self` and `cls` are no arguments that one passes."""
    if function.owner is None or function.role == "staticmethod":
        return False
    params = (*function.node.params.posonly_params, *function.node.params.params)
    return bool(params) and params[0].name.value == name


def _why(context: Context) -> str:
    if context.why:
        return context.why
    return "tf.function, converted by AutoGraph" if context != EAGER else ""


def _kind(x: Program, value: Value) -> str:
    if x.is_none(value):
        return "None"
    match value:
        case Data(kind=Kind.UNKNOWN):
            return ""
        case Data():
            return value.kind.value
        case Function():
            return "a function"
        case Object(cls=Class() as cls):
            return f"an instance of {cls.name}"
        case Object(cls=str() as name):
            return f"an instance of {name}"
    return ""


def _no_tensor(argument: Value) -> str:
    if isinstance(argument, Data) and argument.kind is Kind.HOST:
        return f"a Python {argument.dtype or 'value'}"
    return "nothing is known of it"


def _loss(cause: Cause) -> str:
    """As the rule says that reports it: `tf.round(...) has no gradient (TFG204)`."""
    for rule in RULES.values():
        if getattr(rule, "kind", None) is cause.kind:
            told: BrokenPath = rule()  # type: ignore[assignment]
            return f"{told.loses(cause)} ({rule.code})"
    return f"{cause.operation} lets no gradient through"
