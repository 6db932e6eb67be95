"""What the values of one function may be, from its `ast` alone: enough to rule a finding out.

Flow-insensitive and generous: a name has every property that any of its assignments gives it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.knowledge.host import LIBRARIES
from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.knowledge.operations import Gradient, fact, tensor_method
from tflint_grad.outline.body import ADDING, parameter_names, receiver_name, returned
from tflint_grad.outline.handed_on import loses
from tflint_grad.outline.walk import walk
from tflint_grad.outline.weights import STATIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tflint_grad.outline.body import FunctionNode
    from tflint_grad.outline.surroundings import Surroundings
    from tflint_grad.outline.units import ClassItem

#: What is handed to a hook: arithmetic with it, or with a part of it, is TensorFlow's.
LIKE = 1
#: May be the result of an operation in a graph: Python cannot look into it.
SYMBOLIC = 2
#: A list, dict or tuple that holds such values.
HOLDS = 4
#: Comes from what somebody asks the gradient of: the object's weights, the prediction of a loss.
WANTED = 8
#: Made by a layer or by somebody unknown: as `SYMBOLIC`, but it may as well be a tuple.
MADE = 16
#: An array of a host library, whose elements may be assigned.
ARRAY = 32
#: Belongs to the object whose method runs: what it computes is computed with the object's weights.
OWN = 64
#: The object itself.
ITSELF = 128
#: What lets no gradient through when it is called, or may hold that: `rnd = tf.round`.
CUTTING = 256

TENSOR = LIKE | SYMBOLIC | MADE
DATA = TENSOR | HOLDS
ANY = LIKE | SYMBOLIC | WANTED | OWN

_MAX_ROUNDS = 6
#: Calls whose results are looked into: a helper of a helper.
_MAX_DEPTH = 3
_STATIC_CALLS = frozenset((
    "bool", "callable", "complex", "float", "format", "hasattr", "id", "int", "isinstance",
    "issubclass", "len", "print", "range", "repr", "round", "str", "super", "type",
))  # fmt: skip
_COLLECTING = frozenset((
    "dict", "enumerate", "filter", "iter", "list", "map", "next", "reversed", "set", "sorted",
    "tuple", "zip",
))  # fmt: skip
_COMPUTING = frozenset(("abs", "all", "any", "divmod", "max", "min", "pow", "sum"))
_NUMBERING = ("enumerate", "items")
_OF_WORDS = frozenset(
    ["endswith", "format", "join", "lower", "replace", "split", "startswith", "strip", "upper"]
)
_OFCONTAINERS = frozenset(["copy", "get", "items", "pop", "popitem", "values"])
_CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_SAYING_NOTHING = frozenset((ast.Constant, ast.JoinedStr, ast.Slice))
_NAMING = frozenset((ast.Attribute, ast.List, ast.Name, ast.Subscript, ast.Tuple))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(eq=False)
class Shared:
    """What the functions that are looked at together have shown.

    `attributes`: what they assign to attributes. `returned`: by function and what it is given, what
    it returns; holds as long as the attributes do.
    """

    attributes: dict[str, int] = field(default_factory=dict)
    returned: dict[tuple[int, int], int] = field(default_factory=dict)
    depth: int = 0  # of calls whose results are looked at


class Values:
    """The names of one function, given what its parameters may be."""

    def __init__(
        self,
        node: FunctionNode,
        parameters: Mapping[str, int],
        around: Surroundings,
        shared: Shared,
        owner: ClassItem | None,
    ) -> None:
        self.around = around
        self.owner = owner
        self.self_name = receiver_name(node) if owner is not None else None
        self.shared = shared
        self.body = body = around.body_of(node)
        self.nodes, self.told_apart = body.nodes, body.told_apart
        self._data = around.data_of(owner)
        self._handed_on = around.handed_on
        self.names: dict[str, int] = dict(parameters)
        self._bind_defaults(node.args)
        if self.self_name is not None:
            self.names[self.self_name] = ITSELF
        self.names.update(dict.fromkeys(body.inner, ANY))
        self._known: dict[int, int] | None = None
        self._read: set[str] = set()  # names, and attributes of whatever
        self._again = False
        for _ in range(_MAX_ROUNDS):
            self._read.clear()
            self._again = False
            for inner in body.binding:
                self._bind_in(inner)
            if not self._again:
                break
        self._known = {}

    # --- bindings

    def _bind_defaults(self, arguments: ast.arguments) -> None:
        """An operation that is the default of a parameter: `def call(self, x, quantize=tf.round)`."""
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if default is not None and not isinstance(default, ast.Constant):
                cuts = CUTTING if self._handed_on.holds(default) else 0
                self.names[parameter.arg] = self.names.get(parameter.arg, 0) | cuts

    def _bind_in(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            flags = self._named(node.value)
            for target in node.targets:
                self._bind(target, flags)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            if node.value is not None:
                self._bind(node.target, self.of(node.value))
        elif isinstance(node, ast.AugAssign):
            flags = self.of(node.value) | self.of(node.target)
            self._bind(node.target, _result(flags) | flags)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._bind_element(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, self.of(node.context_expr))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ADDING:
                self._add(node.func.value, self._of_arguments(node))
        elif isinstance(node, _FUNCTIONS):
            self._bind_defaults(node.args)
            self._bind_name(node.name, self._of_closure(node))
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name is not None:
            self._bind_name(node.name, ANY)

    def _bind_element(self, target: ast.expr, iterable: ast.expr) -> None:
        """Bind what a loop runs over; a key of `x.items()` and a number of `enumerate(x)` are plain."""
        if (
            isinstance(target, ast.Tuple)
            and len(target.elts) == 2
            and isinstance(iterable, ast.Call)
            and getattr(iterable.func, "attr", getattr(iterable.func, "id", "")) in _NUMBERING
        ):
            self._bind(target.elts[0], 0)
            target = target.elts[1]
        self._bind(target, element(self._named(iterable)))

    def _named(self, node: ast.expr) -> int:
        """What a name becomes, with what that may do when it is called."""
        is_name = node.__class__ in _NAMING
        return self.of(node) | (CUTTING if is_name and self.is_cutting(node) else 0)

    def _bind(self, target: ast.expr, flags: int) -> None:
        if isinstance(target, ast.Name):
            self._bind_name(target.id, flags)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._bind(part, element(flags))
        elif isinstance(target, ast.Starred):
            self._bind(target.value, flags | (HOLDS if flags else 0))
        elif isinstance(target, ast.Attribute):
            attributes, before = self.shared.attributes, self.shared.attributes.get(target.attr, 0)
            if before | flags != before:
                attributes[target.attr] = before | flags
                self._again = self._again or target.attr in self._read
        elif isinstance(target, ast.Subscript):
            self._add(target.value, flags)

    def _bind_name(self, name: str, flags: int) -> None:
        before = self.names.get(name, 0)
        if before | flags != before or name not in self.names:
            self.names[name] = before | flags
            self._again = self._again or name in self._read

    def _add(self, container: ast.expr, flags: int) -> None:
        """Put something into what a name or an attribute stands for; the object itself is none."""
        while isinstance(container, ast.Subscript):
            container = container.value
        is_told = isinstance(container, (ast.Attribute, ast.Name))
        if flags and is_told and not self.is_own(container):
            self._bind(container, HOLDS | flags & (WANTED | OWN | CUTTING))

    # --- expressions

    def of(self, node: ast.expr) -> int:
        """What an expression may be."""
        known = self._known
        if known is None:
            return self._of(node)
        flags = known.get(id(node))
        if flags is None:
            flags = known[id(node)] = self._of(node)
        return flags

    def is_cutting(self, node: ast.expr) -> bool:
        """Whether something that is called may let no gradient through, by any of its names."""
        match node:
            case ast.Name(id=name) if name not in self.names:
                qualified = self.qualified(node)
                if qualified is None:
                    return self._handed_on.has_name(name)
                if is_tensorflow(qualified):
                    return loses(qualified)
                return self.around.may_import_cutting(qualified)
            case ast.Attribute(value=whole, attr=name) if self.qualified(node) is None:
                return self._handed_on.has_attribute(name) or self.is_cutting(whole)
            case ast.Subscript(value=whole):
                return self.is_cutting(whole)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return any(map(self.is_cutting, parts))
        return bool(self.of(node) & CUTTING)

    def hands_on_cutting(self, call: ast.Call, given: int) -> bool:
        """Whether any argument may let no gradient through when it is called."""
        named = (one for one in call.args if isinstance(one, (ast.Attribute, ast.Name)))
        return bool(given & CUTTING) or any(map(self.is_cutting, named))

    def any_of(self, nodes: Iterable[ast.expr]) -> int:
        flags = 0
        for node in nodes:
            flags |= self.of(node)
        return flags

    def _of(self, node: ast.expr) -> int:
        if isinstance(node, ast.Name):
            return self._of_name(node.id)
        if node.__class__ in _SAYING_NOTHING:
            return 0
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Lambda):
            return self._of_closure(node)
        if isinstance(node, ast.Subscript):
            whole = self.of(node.value)
            return whole if isinstance(node.slice, ast.Slice) else element(whole)
        if isinstance(node, ast.BinOp):
            if is_text(node.left):
                return 0  # "%d,%d" % shape
            return _result(self.of(node.left) | self.of(node.right))
        if isinstance(node, ast.UnaryOp):
            return 0 if isinstance(node.op, ast.Not) else _result(self.of(node.operand))
        if isinstance(node, ast.Compare):
            return self.of_comparison(node)
        if isinstance(node, ast.BoolOp):
            return self.any_of(node.values)
        if isinstance(node, ast.IfExp):
            return self.of(node.body) | self.of(node.orelse)
        if isinstance(node, (ast.Starred, ast.NamedExpr, ast.Await)):
            return self.of(node.value)
        if isinstance(node, _CONTAINERS):
            parts = node.values if isinstance(node, ast.Dict) else node.elts
            return held(self.any_of(parts))
        if isinstance(node, _COMPREHENSIONS):
            return held(self.of(node.value if isinstance(node, ast.DictComp) else node.elt))
        return 0

    def of_comparison(self, node: ast.Compare) -> int:
        """`x > 0` is an operation; identity, membership and words are Python's."""
        if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
            return 0
        sides = [node.left, *node.comparators]
        return 0 if any(map(is_text, sides)) else _result(self.any_of(sides))

    def _of_name(self, name: str) -> int:
        self._read.add(name)
        flags = self.names.get(name)
        if flags is not None:
            return flags
        return LIKE if name in self.around.globals else 0

    def _of_closure(self, node: FunctionNode | ast.Lambda) -> int:
        """A function within this one is what it computes with: with the object, with its weights."""
        inner = {*parameter_names(node.args)}
        parts = node.body if isinstance(node, _FUNCTIONS) else [node.body]
        flags = 0
        for part in walk(parts):
            if isinstance(part, ast.Name) and part.id not in inner:
                flags |= self._of_name(part.id)
        return (WANTED | OWN if flags & (WANTED | ITSELF) else 0) | flags & CUTTING

    def _of_attribute(self, node: ast.Attribute) -> int:
        if node.attr in STATIC:
            return 0
        self._read.add(node.attr)
        qualified = self.qualified(node)
        if qualified is not None:
            return CUTTING if is_tensorflow(qualified) and loses(qualified) else 0
        flags = self.shared.attributes.get(node.attr, 0)
        for data in self._data:
            if data.has_attribute(node.attr):
                flags |= LIKE | WANTED
        base = self.of(node.value)
        if base & (SYMBOLIC | MADE | HOLDS):
            flags |= MADE
        if self.is_own(node.value):
            flags |= OWN
            if self.owner is not None:
                for method, owner, around in self.around.methods(self.owner, node.attr):
                    if method.decorator_list:  # a property
                        flags |= self._returned(method, 0, around, owner)
        return flags | base & (WANTED | OWN | CUTTING)

    def _of_call(self, node: ast.Call) -> int:
        function = node.func
        given = self._of_arguments(node)
        if isinstance(function, ast.Name):
            self._read.add(function.id)
        if isinstance(function, ast.Name) and function.id not in self.names:
            if function.id in _STATIC_CALLS:
                return 0
            if function.id in _COLLECTING:
                return held(given)
            if function.id in _COMPUTING:
                return _result(element(given)) & ~HOLDS
            if function.id == "getattr":
                own = WANTED | OWN if given & (OWN | ITSELF) else 0
                of_library = any(is_tensorflow(self.qualified(one)) for one in node.args[:1])
                return given & ~ITSELF | LIKE | own | (CUTTING if of_library else 0)
        qualified = self.qualified(function)
        if is_tensorflow(qualified):
            return self._of_operation(str(qualified), given)
        if qualified is not None:
            if (found := self.around.function(qualified)) is not None:
                return self._returned(found[0], given, found[1])
            if self.around.imported_class(qualified) is not None:
                return _instance(given)
            # What is not of the project knows nothing but what it is given.
            array = ARRAY if qualified.split(".")[0] in LIBRARIES else 0
            return array | given & (WANTED | CUTTING) | (WANTED if given & ITSELF else 0)
        if isinstance(function, ast.Attribute):
            return self._of_method(function, given)
        if isinstance(function, ast.Name) and function.id not in self.names:
            if function.id in self.around.functions:
                return self._returned(self.around.functions[function.id], given, self.around)
            if function.id in self.around.classes:
                return _instance(given)
        return self._made(self.of(function), given)

    @staticmethod
    def _made(callee: int, given: int) -> int:
        """What something unknown makes when it is called."""
        wanted = callee & (OWN | WANTED | ITSELF) or given & ITSELF
        return MADE | given & WANTED | (WANTED | OWN if wanted else 0)

    def _of_method(self, function: ast.Attribute, given: int) -> int:
        if function.attr in STATIC or isinstance(function.value, ast.Constant):
            return 0
        receiver = self.of(function.value)
        if self.is_own(function.value):
            if self.owner is not None:
                for found in self.around.methods(self.owner, function.attr):
                    method, owner, around = found
                    return self._returned(method, given, around, owner) | WANTED | OWN
            return MADE | WANTED | OWN
        if function.attr in _OFCONTAINERS:
            return receiver | given
        if function.attr in _OF_WORDS or function.attr == "keys" or _asks(function.attr):
            return 0  # no tensor is a key
        return _result(receiver) | self._made(receiver, given)

    def _of_operation(self, qualified: str, given: int) -> int:
        known = fact(qualified)
        if known is None or known.kind == "context":
            return given & WANTED
        if known.kind == "static":
            return 0
        if known.kind == "structure":
            is_list = qualified.endswith(".nest.flatten")
            return held(given) | (0 if is_list else given & SYMBOLIC)
        if known.gradient is Gradient.NONE:
            return SYMBOLIC
        return SYMBOLIC | given & WANTED

    def _of_arguments(self, node: ast.Call) -> int:
        return self.any_of([*node.args, *(keyword.value for keyword in node.keywords)])

    def _returned(
        self,
        function: FunctionNode,
        given: int,
        around: Surroundings,
        owner: ClassItem | None = None,
    ) -> int:
        """What a function of the project makes of what it is given."""
        shared, key = self.shared, (id(function), given)
        flags = shared.returned.get(key)
        if flags is not None:
            return flags
        # Where it calls itself, and where it is not looked into.
        flags = shared.returned[key] = SYMBOLIC | (WANTED if given & (WANTED | ITSELF) else 0)
        if shared.depth < _MAX_DEPTH:
            shared.depth += 1
            parameters = dict.fromkeys(parameter_names(function.args), given)
            inner = Values(function, parameters, around, shared, owner)
            flags = shared.returned[key] = inner.any_of(returned(function))
            shared.depth -= 1
        return flags

    def qualified(self, node: ast.expr) -> str | None:
        known = self.body.qualified
        if id(node) not in known:
            known[id(node)] = self.around.qualified(node, self.body.imports)
        return known[id(node)]

    def defines(self, function: ast.Attribute) -> bool:
        """Whether a method that is called on the object itself is one of the project's."""
        return (
            self.owner is not None
            and self.is_own(function.value)
            and bool(self.around.methods(self.owner, function.attr))
        )

    def is_own(self, node: ast.expr) -> bool:
        """Whether an expression is the object itself, or its parent's view of it."""
        if isinstance(node, ast.Name):
            return bool(self.names.get(node.id, 0) & ITSELF)
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "super"
        )


def _asks(method: str) -> bool:
    """Whether a method gives a bool by its name; `variable.is_initialized()` gives a tensor."""
    return method.startswith(("has_", "is_")) and tensor_method(method) is None


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def element(flags: int) -> int:
    """What an element of a value may be."""
    return (flags | SYMBOLIC | MADE if flags & HOLDS else flags) & ~ARRAY


def _result(flags: int) -> int:
    """What arithmetic makes of its operands."""
    return (SYMBOLIC if flags & TENSOR else 0) | flags & (WANTED | OWN | HOLDS)


def _instance(given: int) -> int:
    """An object of a class of the project: no tensor, and it may hold what it was made with."""
    return HOLDS | given & (WANTED | OWN | CUTTING) | (OWN if given & ITSELF else 0)


def held(flags: int) -> int:
    """A container is what its elements are like, and nothing that Python cannot look into."""
    holds = HOLDS if flags & (SYMBOLIC | MADE | HOLDS) else 0
    return flags & (LIKE | WANTED | OWN | CUTTING) | (OWN if flags & ITSELF else 0) | holds
