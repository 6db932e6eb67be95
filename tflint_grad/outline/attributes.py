"""What the names and the attributes of a file are given, and what they may be for that."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.outline.body import ADDING
from tflint_grad.outline.walk import statements
from tflint_grad.outline.weights import STATIC, may_make_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tflint_grad.outline.surroundings import Surroundings

#: Calls of these make a plain Python value, or an object that is no tensor.
_PLAIN_CALLS = frozenset(("bool", "float", "getattr", "int", "isinstance", "len", "range", "str"))
#: Methods whose results are parts of what they are called on.
_OF_CONTAINERS = frozenset(("copy", "get", "items", "pop", "values"))
#: What these give is like what they are given.
_CHOOSING = frozenset((
    "abs", "dict", "enumerate", "frozenset", "list", "max", "min", "reversed", "set", "sorted", "sum",
    "tuple", "zip",
))  # fmt: skip
_GIVING = frozenset((
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AsyncWith, ast.AugAssign, ast.Expr, ast.For,
    ast.With,
))  # fmt: skip
#: The name of an attribute that is computed: `setattr(self, f"w{i}", w)`.
ANY_NAME = "*"
_SINGLE = frozenset((ast.Attribute, ast.Name))
_SCOPES = (ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef)


@dataclass(eq=False)
class Scope:
    """The module, a class or a function, with all that its statements give to its names."""

    outer: Scope | None = None
    names: defaultdict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))


class Given:
    """All values that a file gives to attributes, each with the scope that it stands in.

    Put into a container is given to it: `self.layers.append(layer)`. What stands in a class is an
    attribute of its objects.
    """

    def __init__(self, body: Iterable[ast.stmt]) -> None:
        self.attributes: defaultdict[str, list[tuple[ast.expr, Scope]]] = defaultdict(list)
        self.module = Scope()
        self._note(body, self.module, is_class=False)

    def _note(self, body: Iterable[ast.stmt], scope: Scope, is_class: bool) -> None:
        for statement in statements(body, into_definitions=False):
            if isinstance(statement, _SCOPES):
                outer = scope.outer if is_class else scope
                self._note(statement.body, Scope(outer), isinstance(statement, ast.ClassDef))
            elif statement.__class__ in _GIVING:
                for target, value in _givings(statement):
                    if target.__class__ is ast.Attribute:
                        self.attributes[target.attr].append((value, scope))
                    elif target.__class__ is ast.Name:
                        scope.names[target.id].append(value)
                        if is_class:
                            self.attributes[target.id].append((value, scope))


class Candidates:
    """The attributes and names of a file that may be something, each looked at when asked for.

    `may_be`: whether an expression may be it, by what its names and attributes are.
    """

    def __init__(self, given: Given, may_be: Callable[[ast.expr, View], bool]) -> None:
        self._given, self._may_be = given, may_be
        self._attributes: dict[str, bool] = {}
        self._names: dict[tuple[Scope, str], bool] = {}

    def has_attribute(self, name: str) -> bool:
        known = self._attributes.get(name)
        if known is None:
            self._attributes[name] = False  # also where attributes are given each other
            given = self._given.attributes
            values = [*given.get(name, ()), *given.get(ANY_NAME, ())]
            known = self._attributes[name] = any(self._of(*value) for value in values)
        return known

    def has_name(self, name: str, scope: Scope | None = None) -> bool:
        """Whether a name may be it as seen from a scope, without one from the module's."""
        place: Scope | None = scope or self._given.module
        while place is not None and name not in place.names:
            place = place.outer
        if place is None:
            return False
        key = (place, name)
        if key not in self._names:
            self._names[key] = False  # also where names are given each other
            self._names[key] = any(self._of(value, place) for value in place.names[name])
        return self._names[key]

    def _of(self, value: ast.expr, scope: Scope) -> bool:
        return self._may_be(value, View(self, scope))


@dataclass(frozen=True)
class View:
    """What the names in a scope, and the attributes of the file, may be."""

    candidates: Candidates
    scope: Scope | None = None

    def has_name(self, name: str) -> bool:
        return self.candidates.has_name(name, self.scope)

    def has_attribute(self, name: str) -> bool:
        return self.candidates.has_attribute(name)


def _givings(statement: ast.stmt) -> Iterable[tuple[ast.expr, ast.expr]]:
    """What a statement gives, after its target or the container that it goes into."""
    if isinstance(statement, ast.Assign):
        value, (target, *others) = statement.value, statement.targets
        if value.__class__ is ast.Constant:
            return ()
        if not others and target.__class__ in _SINGLE:
            return ((target, value),)
        return [(part, value) for target in statement.targets for part in _parts(target)]
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        given = statement.value
        return [] if given is None else [(part, given) for part in _parts(statement.target)]
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return [(part, statement.iter) for part in _parts(statement.target)]
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        named = [(one.optional_vars, one.context_expr) for one in statement.items]
        return [(part, value) for target, value in named if target for part in _parts(target)]
    if isinstance(statement, ast.Expr) and statement.value.__class__ is not ast.Call:
        return ()
    match statement:
        case ast.Expr(ast.Call(func=ast.Attribute(value=whole, attr=name)) as call) if (
            name in ADDING
        ):
            values = [*call.args[-1:], *(keyword.value for keyword in call.keywords)]
            return [(part, value) for part in _parts(whole) for value in values]
        case ast.Expr(ast.Call(func=ast.Name("setattr"), args=[thing, name, value])):
            told = name.value if isinstance(name, ast.Constant) else ANY_NAME
            return [(ast.Attribute(thing, str(told)), value)]
    return ()


def _parts(target: ast.expr) -> Iterable[ast.expr]:
    """The names and attributes that something goes into."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for one in target.elts for part in _parts(one)]
    while isinstance(target, (ast.Subscript, ast.Starred)):
        target = target.value
    return (target,)


def may_be_data(value: ast.expr, seen: View, around: Surroundings) -> bool:
    """Calls may make a tensor; a constant or a parameter hands on a setting."""
    match value:
        case ast.Name(id=name):
            return seen.has_name(name)
        case ast.Attribute(value=whole, attr=name):
            if name in STATIC:
                return False
            # A method that is handed on computes with the weights of its object.
            is_method = name in around.method_names
            return is_method or seen.has_attribute(name) or may_be_data(whole, seen, around)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=named) if name in _CHOOSING:
            parts = [*given, *(keyword.value for keyword in named)]
        case ast.Call(func=ast.Attribute(value=whole, attr=name)) if name in _OF_CONTAINERS:
            parts = [whole]
        case ast.Call(func=function):
            is_plain = isinstance(function, ast.Name) and function.id in _PLAIN_CALLS
            return not is_plain and may_make_data(function, around)
        case ast.Await() | ast.NamedExpr():
            return True
        case ast.Starred(value=whole) | ast.Subscript(value=whole):
            parts = [whole]
        case ast.UnaryOp(operand=whole) if not isinstance(value.op, ast.Not):
            parts = [whole]
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.BoolOp(values=parts) | ast.Dict(values=parts):
            pass
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            pass
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.GeneratorExp(elt=element):
            parts = [element]
        case ast.DictComp(value=element):
            parts = [element]
        case _:
            return False
    return any(may_be_data(part, seen, around) for part in parts)
