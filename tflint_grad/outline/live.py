"""Whether the output of a layer or model surely depends on its own weights, or is no tensor at all.

What `call` returns is told only if none of its own weights gets a gradient through it. Where one
surely does, or where there is none, operations that cut need not be executed to know that nothing
will be told.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.knowledge.keras_api import keras_class, layer_class
from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.knowledge.operations import LISTS, Gradient, fact
from tflint_grad.outline.bindings import bound_names, root_name
from tflint_grad.outline.body import parameter_names, receiver_name
from tflint_grad.outline.casts import makes_float
from tflint_grad.outline.causes import OF_SHAPE
from tflint_grad.outline.units import DefItem
from tflint_grad.outline.walk import statements, walk
from tflint_grad.outline.weights import class_of_project, may_own_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tflint_grad.outline.body import FunctionNode
    from tflint_grad.outline.surroundings import Assigned, Surroundings
    from tflint_grad.outline.units import ClassItem

#: Computed from a weight of the object by operations that let its gradient through.
_LIVE = "live"
#: A tuple, list or dictionary: no tensor that somebody asks the gradient of.
_CONTAINER = "container"
#: A layer without weights: it gives what it is given, and the gradient flows.
_PASSES = "passes"
#: Nothing that is sure.
_UNSURE = ""
#: What a value surely is: one of these, or a tuple of such values.
_What = str | tuple["_What", ...]
_Names = dict[str, _What]

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
_NOT_FOLLOWED = (ast.Global, ast.NamedExpr, ast.Nonlocal, ast.Yield, ast.YieldFrom)
#: Calls inside each other, of methods, functions and layers of the project; and all together.
_MAX_DEPTH = 4
_MAX_BODIES = 150


def needs_no_execution(node: FunctionNode, owner: ClassItem, around: Surroundings) -> bool:
    """Whether all that `call` may return is surely live, or no tensor, or of an object without weights."""
    if not may_own_weights(owner, around):
        return True
    limits = _Limits(_MAX_DEPTH, [_MAX_BODIES])
    try:
        return all(_returned(node, around, _Object(owner, around, limits), {}, limits))
    except RecursionError:
        return False


class _Limits:
    """How far what is called may be followed: `depth` from here, `bodies` of all that is left."""

    def __init__(self, depth: int, bodies: list[int]) -> None:
        self.depth, self.bodies = depth, bodies

    def deeper(self) -> _Limits:
        return _Limits(self.depth - 1, self.bodies)

    def allow_body(self) -> bool:
        self.bodies[0] -= 1
        return self.depth > 0 and self.bodies[0] >= 0


def _returned(
    node: FunctionNode,
    around: Surroundings,
    owner: _Object | None,
    names: _Names,
    limits: _Limits,
) -> list[_What]:
    """What each return of a function surely gives; unsure, if that of one cannot be told."""
    parts = statements(node.body, into_definitions=False)
    count = sum(isinstance(part, ast.Return) for part in parts)
    if not count or not limits.allow_body():
        return [_UNSURE]
    if any(isinstance(one, _NOT_FOLLOWED) for one in around.body_of(node).nodes):
        return [_UNSURE]
    body = _Body(node, around, owner, limits)
    body.run(node.body, names)
    # A return in a block that is not followed, in an `except` or a `case`, is not told of.
    return body.returned if len(body.returned) == count else [_UNSURE]


class _Object:
    """What the attributes of an object surely are: weights, layers that have some, or unknown."""

    def __init__(self, cls: ClassItem, around: Surroundings, limits: _Limits) -> None:
        self.cls, self.around, self.limits = cls, around, limits
        self._known: dict[str, _What] = {}
        self._parts: dict[str, _Object | None] = {}

    @cached_property
    def _assigned(self) -> Mapping[str, Sequence[Assigned]]:
        found = self.around.assigned(self.cls)
        return {} if "trainable" in found else found  # what is frozen is not asked for

    def is_weight(self, attribute: str) -> bool:
        """Whether an attribute is the result of `self.add_weight(…)`, and of nothing else."""
        made = self._assigned.get(attribute, ())
        return bool(made) and all(
            isinstance(value, ast.Call)
            and _is_trainable(value)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr == "add_weight"
            and isinstance(value.func.value, ast.Name)
            and value.func.value.id == "self"
            for value, _ in made
        )

    def called(self, attribute: str) -> _What:
        """What calling an attribute gives, if it is surely a layer, of Keras or of the project."""
        if attribute not in self._known:
            self._known[attribute] = _UNSURE  # also where layers hold each other
            made = self._assigned.get(attribute, ())
            if made:
                self._known[attribute] = _joined(self._layer(*one) for one in made)
        return self._known[attribute]

    def part(self, attribute: str) -> _Object | None:
        """The object of the project that an attribute surely is, made to be trained."""
        if attribute not in self._parts:
            made = self._assigned.get(attribute, ())
            self._parts[attribute] = self._made(*made[0]) if len(made) == 1 else None
        return self._parts[attribute]

    def _made(self, value: ast.expr | None, around: Surroundings) -> _Object | None:
        if not isinstance(value, ast.Call) or not _is_trainable(value):
            return None
        found = class_of_project(value.func, around) if self.limits.depth else None
        return None if found is None else _Object(*found, self.limits.deeper())

    def _layer(self, value: ast.expr | None, around: Surroundings) -> _What:
        if not isinstance(value, ast.Call) or not _is_trainable(value):
            return _UNSURE
        qualified = around.qualified(value.func)
        if qualified is not None and is_tensorflow(qualified):
            known = layer_class(qualified)
            if known is None or known.kind != "layer" or known.gradient is not Gradient.FLOWS:
                return _UNSURE
            return _LIVE if known.weights else _PASSES
        inner = self._made(value, around)
        return _UNSURE if inner is None else inner.output()

    def method(self, name: str) -> tuple[FunctionNode, Surroundings] | None:
        """The only method that a name can stand for, and what is around it."""
        if name in self.around.assigned(self.cls):
            return None
        for cls, place in self.around.ancestry(self.cls):
            nodes = [m.node for m in cls.members if isinstance(m, DefItem) and m.name == name]
            if nodes or cls.binds(name):
                return (nodes[0], place) if len(nodes) == 1 else None
        return None

    def output(self) -> _What:
        """What calling a layer of the project gives."""
        bases = map(keras_class, filter(None, self.around.library_bases(self.cls)))
        is_layer = any(base is not None and base.kind in ("layer", "model") for base in bases)
        method = self.method("call")
        if method is None or not is_layer or self.around.methods(self.cls, "__call__"):
            return _UNSURE
        return _joined(_returned(*method, self, {}, self.limits))


def _is_trainable(making: ast.Call) -> bool:
    return all(keyword.arg != "trainable" for keyword in making.keywords)


class _Body:
    """The body of a function executed in order, for what its names surely stand for."""

    def __init__(
        self, node: FunctionNode, around: Surroundings, owner: _Object | None, limits: _Limits
    ) -> None:
        self.around, self.owner, self.limits = around, owner, limits
        self.syntax = around.body_of(node)
        self.self_name = receiver_name(node) if owner is not None else None
        self.local = bound_names(node.body) | {*parameter_names(node.args)}
        self.returned: list[_What] = []

    # --- statements

    def run(self, body: Iterable[ast.stmt], names: _Names) -> _Names | None:
        """Execute statements; the names after them, or None where control leaves before."""
        for statement in body:
            after = self._after(statement, names)
            if after is None:
                return None
            names = after
        return names

    def _after(self, statement: ast.stmt, names: _Names) -> _Names | None:
        match statement:
            case ast.Return():
                self.returned.append(
                    _UNSURE if statement.value is None else self.of(statement.value, names)
                )
                return None
            case ast.Raise() | ast.Break() | ast.Continue():
                return None
            case ast.Assign(targets=[target]):
                return self._bound(target, self.of(statement.value, names), names)
            case ast.AnnAssign(target=ast.Name()) if statement.value is not None:
                return self._bound(statement.target, self.of(statement.value, names), names)
            case ast.AugAssign(target=ast.Name(id=name)):
                live = isinstance(statement.op, _ARITHMETIC) and _LIVE in (
                    names.get(name), self.of(statement.value, names)
                )  # fmt: skip
                return {**names, name: _LIVE if live else _UNSURE}
            case ast.If():
                return _met(self.run(statement.body, names), self.run(statement.orelse, names))
            case ast.With() if not _pauses(statement):
                bound = [item.optional_vars for item in statement.items if item.optional_vars]
                return self.run(statement.body, _without(names, bound))
            case ast.For() | ast.While() if not _leaves_early(statement):
                return self._after_loop(statement, names)
            case ast.For() | ast.While() | ast.Try() | ast.Match() | ast.With():
                # Whatever is assigned in there, at any time, is not known any more.
                inside = _without(names, [statement])
                self.run(getattr(statement, "body", ()), inside)
                return inside
            case _:
                return _without(names, [statement])

    def _after_loop(self, loop: ast.For | ast.While, names: _Names) -> _Names:
        """What holds before the loop and after any number of rounds."""
        targets = [loop.target] if isinstance(loop, ast.For) else []
        names, mark = _without(names, targets), len(self.returned)
        while True:
            if not self.limits.allow_body():
                names = _without(names, [loop])
                self.run(loop.body, names)
                return names
            after = self.run(loop.body, names)
            met = _without(_met(names, after) or {}, targets)
            if met == names:
                return names
            del self.returned[mark:]
            names = met  # less is sure with each round

    def _bound(self, target: ast.expr, what: _What, names: _Names) -> _Names:
        match target:
            case ast.Name(id=name):
                return {**names, name: what}
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                parts = what if isinstance(what, tuple) and len(what) == len(targets) else ()
                for index, part in enumerate(targets):
                    names = self._bound(part, parts[index] if parts else _UNSURE, names)
                return names
            case _:
                return _without(names, [target])

    # --- expressions

    def of(self, node: ast.expr, names: Mapping[str, _What]) -> _What:
        """What an expression surely is."""
        match node:
            case ast.Name(id=name):
                return names.get(name, _UNSURE)
            case ast.Tuple(elts=parts) if parts and not _any_starred(parts):
                return tuple(_flat(self.of(part, names)) for part in parts)
            case ast.Tuple() | ast.List() | ast.Dict():
                return _CONTAINER
            case ast.Attribute(value=value, attr=attribute):
                thing = self._object(value)
                return _LIVE if thing is not None and thing.is_weight(attribute) else _UNSURE
            case ast.BinOp() if isinstance(node.op, _ARITHMETIC):
                sides = (self.of(node.left, names), self.of(node.right, names))
                return _LIVE if _LIVE in sides else _UNSURE
            case ast.UnaryOp(op=ast.USub()):
                return _LIVE if self.of(node.operand, names) == _LIVE else _UNSURE
            case ast.Subscript():
                return self._part(self.of(node.value, names), node.slice)
            case ast.IfExp():
                return _joined((self.of(node.body, names), self.of(node.orelse, names)))
            case ast.Call():
                return self._of_call(node, names)
            case _:
                return _UNSURE

    @staticmethod
    def _part(whole: _What, index: ast.expr) -> _What:
        if not isinstance(whole, tuple):
            return _LIVE if whole == _LIVE else _UNSURE
        if isinstance(index, ast.Constant) and isinstance(index.value, int):
            return dict(enumerate(whole)).get(index.value, _UNSURE)
        return _UNSURE

    def _of_call(self, node: ast.Call, names: Mapping[str, _What]) -> _What:
        match node.func:
            case ast.Attribute(value=value, attr=attribute) if thing := self._object(value):
                if thing.around.methods(thing.cls, attribute):
                    method = thing.method(attribute)
                    return self._follow(*method, thing, node, names) if method else _UNSURE
                what = thing.called(attribute)
                return self._passed(node.args[:1], names) if what == _PASSES else what
            case ast.Name(id=name) if name in self.local:
                return _UNSURE
            case ast.Name(id=name) if name in self.around.functions:
                return self._follow(self.around.functions[name], self.around, None, node, names)
        if root_name(node.func) in self.local:
            return _UNSURE
        qualified = self.around.qualified(node.func)
        if qualified is not None and is_tensorflow(qualified):
            return self._of_operation(qualified, node, names)
        if (found := self.around.function(qualified)) is not None:
            return self._follow(*found, None, node, names)
        return _UNSURE

    def _passed(self, given: Sequence[ast.expr], names: Mapping[str, _What]) -> _What:
        """What a layer without weights makes of a tensor, or of a list of tensors."""
        parts = [p for one in given for p in (one.elts if isinstance(one, ast.List) else [one])]
        return _LIVE if any(self.of(part, names) == _LIVE for part in parts) else _UNSURE

    def _object(self, node: ast.expr) -> _Object | None:
        """The object itself, or one of the project that it holds: `self.encoder`."""
        match node:
            case ast.Name(id=name) if name == self.self_name:
                return self.owner
            case ast.Attribute(value=value, attr=attribute):
                holder = self._object(value)
                return None if holder is None else holder.part(attribute)
        return None

    def _follow(
        self,
        node: FunctionNode,
        around: Surroundings,
        owner: _Object | None,
        call: ast.Call,
        names: Mapping[str, _What],
    ) -> _What:
        """What a method of the same object, or a function of the project, makes of its arguments."""
        if node.decorator_list or isinstance(node, ast.AsyncFunctionDef):
            return _UNSURE
        given: _Names = {}
        if not _any_starred(call.args):
            parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            values = zip(parameters[owner is not None :], call.args, strict=False)
            given = {name: self.of(value, names) for name, value in values}
        for keyword in call.keywords:
            given[keyword.arg or ""] = self.of(keyword.value, names)
        return _joined(_returned(node, around, owner, given, self.limits.deeper()))

    def _of_operation(self, name: str, node: ast.Call, names: Mapping[str, _What]) -> _What:
        known = fact(name)
        if (
            known is not None
            and known.kind == "cast"
            and makes_float(node, self.syntax, self.around)
        ):
            return _LIVE if node.args and self.of(node.args[0], names) == _LIVE else _UNSURE
        if (
            known is None
            or known.gradient is not Gradient.FLOWS
            or known.outputs is not None
            or known.kind != "op"
            or name.rpartition(".")[2] in LISTS | OF_SHAPE
        ):
            return _UNSURE
        given: list[tuple[int | str, ast.expr]] = [*enumerate(node.args)]
        given += [(word.arg or "", word.value) for word in node.keywords]
        for parameter, value in given:
            parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            if known.carries(parameter) and any(self.of(one, names) == _LIVE for one in parts):
                return _LIVE
        return _UNSURE


def _flat(what: _What) -> _What:
    """A tuple of tuples within another one is a container: what is told of a value stays small."""
    return (
        _CONTAINER if isinstance(what, tuple) and any(isinstance(w, tuple) for w in what) else what
    )


def _any_starred(parts: Iterable[ast.expr]) -> bool:
    return any(isinstance(part, ast.Starred) for part in parts)


def _joined(alternatives: Iterable[_What]) -> _What:
    """What is sure of a value that may be any of several."""
    first, *others = alternatives
    for other in others:
        if first == other:
            continue
        if isinstance(first, tuple) and isinstance(other, tuple) and len(first) == len(other):
            first = tuple(_joined(pair) for pair in zip(first, other, strict=True))
        elif all(isinstance(one, tuple) or one == _CONTAINER for one in (first, other)):
            first = _CONTAINER
        else:
            return _UNSURE
    return first


def _pauses(block: ast.With) -> bool:
    """`with tape.stop_recording():`."""
    parts = walk([item.context_expr for item in block.items])
    return any(isinstance(part, ast.Attribute) and part.attr == "stop_recording" for part in parts)


def _met(one: _Names | None, other: _Names | None) -> _Names | None:
    """What is sure after both of two branches; one that is left takes no part."""
    if one is None or other is None:
        return other if one is None else one
    return {name: _joined((one[name], other[name])) for name in one if name in other}


def _leaves_early(loop: ast.For | ast.While) -> bool:
    """Whether a loop may end, or begin anew, in the middle of its body."""
    leaving = (ast.Break, ast.Continue, ast.Try)
    return bool(loop.orelse) or any(isinstance(one, leaving) for one in statements(loop.body))


def _without(names: _Names, parts: Iterable[ast.AST]) -> _Names:
    """The names but for those that are bound anywhere in some nodes."""
    bound = set[str]()
    for node in walk(parts):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        else:  # of a definition, an import, a pattern, an exception
            told = (getattr(node, field, None) for field in ("name", "asname", "rest"))
            bound.update(name.partition(".")[0] for name in told if isinstance(name, str))
    return {name: what for name, what in names.items() if name not in bound}
