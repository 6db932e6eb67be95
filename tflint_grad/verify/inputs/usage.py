"""How a parameter is used: what the syntax says of the value that it stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from tflint_grad.verify.syntax import Definition, Program

#: Calls followed from function to function.
_DEEPEST = 4


@dataclass
class Usage:
    """What is done with a value, in the function that gets it and in those it is handed to."""

    attributes: set[str] = field(default_factory=set)
    called_with: set[int] = field(default_factory=set)  # numbers of arguments
    positional: set[int] = field(default_factory=set)  # of these
    iterated: list[ast.expr] = field(default_factory=list)  # what the elements are bound to
    iterated_in: list[Definition] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    indices: set[int] = field(default_factory=set)
    unpacked: set[int] = field(default_factory=set)
    passed: set[tuple[str, str]] = field(default_factory=set)  # (callee, position or keyword)
    compared: list[object] = field(default_factory=list)
    arithmetic: bool = False
    multiplied: bool = False  # as a matrix
    counted: bool = False  # in range(), as a size
    selects: bool = False  # as an index
    decided: bool = False  # as a condition by itself
    names: set[str] = field(default_factory=set)  # that it goes by


class UsageReader:
    """Collects `Usage` over one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._parents: dict[int, ast.AST] = {}
        for node in ast.walk(program.tree):
            for child in ast.iter_child_nodes(node):
                self._parents[id(child)] = node

    def of_parameter(self, definition: Definition, name: str) -> Usage:
        usage = Usage()
        self._follow(definition, name, usage, 0, set())
        return usage

    def _follow(
        self,
        definition: Definition,
        name: str,
        usage: Usage,
        depth: int,
        known: set[tuple[str, str]],
    ) -> None:
        if depth > _DEEPEST or (definition.qualified, name) in known:
            return
        known.add((definition.qualified, name))
        usage.names.add(name.rpartition(".")[2])
        for node in self._uses(definition, name):
            self._note(node, definition, usage, depth, known)

    def _uses(self, definition: Definition, name: str) -> Iterator[ast.expr]:
        """Where the parameter is read; `self.x` for a dotted name."""
        owner, _, attribute = name.rpartition(".")
        for node in ast.walk(definition.node):
            if owner:
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr == attribute
                    and isinstance(node.value, ast.Name)
                    and node.value.id == owner
                    and isinstance(node.ctx, ast.Load)
                ):
                    yield node
            elif isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                yield node

    def _note(
        self,
        node: ast.expr,
        definition: Definition,
        usage: Usage,
        depth: int,
        known: set[tuple[str, str]],
    ) -> None:
        parent = self._parents.get(id(node))
        match parent:
            case ast.Attribute():
                usage.attributes.add(parent.attr)
            case ast.Call() if parent.func is node:
                usage.called_with.add(len(parent.args) + len(parent.keywords))
                usage.positional.add(len(parent.args))
            case ast.Call():
                self._note_argument(node, parent, definition, usage, depth, known)
            case ast.keyword():
                call = self._parents.get(id(parent))
                if isinstance(call, ast.Call):
                    self._note_argument(node, call, definition, usage, depth, known)
            case ast.Starred():
                usage.iterated.append(ast.Name("_", ast.Store()))
                usage.iterated_in.append(definition)
            case ast.For() | ast.comprehension() if parent.iter is node:
                usage.iterated.append(parent.target)
                usage.iterated_in.append(definition)
            case ast.Subscript() if parent.value is node:
                self._note_index(parent.slice, usage)
            case ast.Subscript():
                usage.selects = True
            case ast.Assign() if parent.value is node:
                self._note_assignment(parent, definition, usage, depth, known)
            case ast.BinOp():
                usage.arithmetic = True
                usage.multiplied |= isinstance(parent.op, ast.MatMult)
            case ast.UnaryOp():
                usage.arithmetic |= isinstance(parent.op, ast.USub)
                usage.decided |= isinstance(parent.op, ast.Not)
            case ast.Compare():
                for other in (parent.left, *parent.comparators):
                    if isinstance(other, ast.Constant):
                        usage.compared.append(other.value)
                    elif isinstance(other, ast.Tuple | ast.List):
                        usage.compared += [
                            one.value for one in other.elts if isinstance(one, ast.Constant)
                        ]
            case ast.If() | ast.While() | ast.IfExp() if parent.test is node:
                usage.decided = True
            case ast.Tuple() | ast.List():
                self._note_within(parent, usage)
            case _:
                pass

    def _note_within(self, node: ast.expr, usage: Usage) -> None:
        """An element of a list: `tf.reshape(x, [n, 3])` takes a size, `x[:, n]` an index."""
        parent = self._parents.get(id(node))
        usage.selects |= isinstance(parent, ast.Subscript) and parent.slice is node
        if isinstance(parent, ast.Call):
            callee = dotted(parent.func).rpartition(".")[2]
            if callee in _SIZED or callee == "build":
                usage.counted = True

    def _note_index(self, index: ast.expr, usage: Usage) -> None:
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            usage.keys.add(index.value)
        elif isinstance(index, ast.Constant) and isinstance(index.value, int):
            usage.indices.add(index.value)
        elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
            usage.indices.add(0)

    def _note_assignment(
        self,
        node: ast.Assign,
        definition: Definition,
        usage: Usage,
        depth: int,
        known: set[tuple[str, str]],
    ) -> None:
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List):
                usage.unpacked.add(len(target.elts))
            elif isinstance(target, ast.Name):
                self._follow(definition, target.id, usage, depth + 1, known)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                # `self.model = model`: every method may use it.
                for method in self._methods_around(definition):
                    first = method.node.args.args[:1] if not method.is_class else []  # type: ignore[union-attr]
                    if first:
                        name = f"{first[0].arg}.{target.attr}"
                        self._follow(method, name, usage, depth + 1, known)

    def _methods_around(self, definition: Definition) -> list[Definition]:
        if definition.parent is None or not definition.parent.is_class:
            return []
        owners = {definition.parent.qualified}
        for one in self._program.definitions:  # subclasses and bases within the file
            if one.is_class and isinstance(one.node, ast.ClassDef):
                bases = {dotted(base) for base in one.node.bases}
                if bases & owners:
                    owners.add(one.qualified)
                if one.qualified in owners:
                    owners |= bases & set(self._program.by_name)
        return [
            one
            for one in self._program.definitions
            if one.parent is not None and one.parent.qualified in owners and not one.is_class
        ]

    def _note_argument(
        self,
        node: ast.expr,
        call: ast.Call,
        definition: Definition,
        usage: Usage,
        depth: int,
        known: set[tuple[str, str]],
    ) -> None:
        keyword = next((one.arg for one in call.keywords if one.value is node), None)
        position = next((number for number, one in enumerate(call.args) if one is node), 0)
        callee = dotted(call.func)
        usage.passed.add((callee, keyword or str(position)))
        last = callee.rpartition(".")[2]
        usage.counted |= last == "range" or keyword in _COUNTS
        if last in ("enumerate", "zip", "iter", "list", "tuple", "sorted", "reversed"):
            self._note_iteration(node, call, last, position, definition, usage)
        for target in self._callees(call.func, definition):
            parameters = parameter_names(target)
            method = target.parent is not None and target.parent.is_class
            if method and not any(
                dotted(one) == "staticmethod" for one in target.node.decorator_list
            ):
                parameters = parameters[1:]
            name = keyword if keyword in parameters else None
            if keyword is None and position < len(parameters):
                name = parameters[position]
            if name:
                self._follow(target, name, usage, depth + 1, known)

    def _note_iteration(
        self,
        node: ast.expr,
        call: ast.Call,
        how: str,
        position: int,
        definition: Definition,
        usage: Usage,
    ) -> None:
        loop = self._parents.get(id(call))
        target: ast.expr = ast.Name("_", ast.Store())
        if isinstance(loop, ast.For | ast.comprehension) and loop.iter is call:
            target = loop.target
            if how in ("enumerate", "zip") and isinstance(target, ast.Tuple):
                index = 1 if how == "enumerate" else position
                if index < len(target.elts):
                    target = target.elts[index]
        usage.iterated.append(target)
        usage.iterated_in.append(definition)

    def _callees(self, function: ast.expr, here: Definition) -> Iterator[Definition]:
        name = dotted(function).rpartition(".")[2]
        if not name:
            return
        for one in self._program.definitions:
            if one.name != name:
                continue
            if one.is_class:
                constructor = self._program.by_name.get(f"{one.qualified}.__init__")
                if constructor is not None:
                    yield constructor
            elif isinstance(function, ast.Name):
                enclosing = one.parent is None or not one.parent.is_class
                if enclosing:
                    yield one
            elif one.parent is not None and one.parent.is_class:
                yield one


#: Functions that take a size within a list, and keywords that are numbers of something.
_SIZED = frozenset(
    {
        "reshape",
        "zeros",
        "ones",
        "fill",
        "normal",
        "uniform",
        "Input",
        "eye",
        "broadcast_to",
        "tile",
    }
)
_COUNTS = frozenset(
    {"num", "depth", "units", "k", "num_classes", "num_samples", "batch_size", "maxval"}
)


def dotted(node: ast.expr) -> str:
    """`tf.nn.relu` as text; what is no such chain gives its last name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.insert(0, node.id)
    return ".".join(parts)


def decorator_name(decorator: ast.expr) -> str:
    """`fixture` of `@pytest.fixture`, called or not."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return dotted(named).rpartition(".")[2]


def parameter_names(definition: Definition) -> list[str]:
    """Positional and keyword parameters in order; none for a class."""
    if isinstance(definition.node, ast.ClassDef):
        return []
    arguments = definition.node.args
    return [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
