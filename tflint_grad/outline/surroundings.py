"""What the names of a file stand for, as far as its `ast` tells: for a look into one function."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.outline.units import ClassItem, CodeItem, DefItem, ImportItem
from tflint_grad.outline.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tflint_grad.outline.units import Item

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_TENSORFLOW = ("tensorflow", "keras", "tf_keras")
#: Calls of these make a plain Python value, or an object that is no tensor.
_PLAIN_CALLS = frozenset(
    (
        "bool",
        "dict",
        "float",
        "frozenset",
        "getattr",
        "int",
        "isinstance",
        "len",
        "list",
        "set",
        "str",
    )
)


@dataclass(eq=False)
class Surroundings:
    """The module around a function: imports, functions, classes, and what attributes may hold."""

    items: Sequence[Item]
    tree: ast.Module
    _returns: dict[int, bool] = field(default_factory=dict, repr=False)
    _made_by: dict[str, dict[str, set[str]]] = field(default_factory=dict, repr=False)

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """Names that imports bind at the top of the file, with what they stand for."""
        found: dict[str, str] = {}
        for item in self.items:
            if isinstance(item, ImportItem):
                found.update(imported(item.node))
            elif isinstance(item, CodeItem):
                for node in imports_in(item.nodes):
                    found.update(imported(node))
        return found

    @cached_property
    def functions(self) -> Mapping[str, FunctionNode]:
        return {item.name: item.node for item in self.items if isinstance(item, DefItem)}

    @cached_property
    def classes(self) -> Mapping[str, ClassItem]:
        return {item.name: item for item in self.items if isinstance(item, ClassItem)}

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that statements of the module bind to something that is no constant."""
        found: set[str] = set()
        for item in self.items:
            if isinstance(item, CodeItem):
                node = item.nodes[0]
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                    continue
                for part in item.nodes:
                    names = (n for n in walk([part]) if isinstance(n, ast.Name))
                    found.update(name.id for name in names if isinstance(name.ctx, ast.Store))
        return frozenset(found)

    @cached_property
    def data_attributes(self) -> frozenset[str]:
        """Attributes that are assigned what may be a tensor or a variable, anywhere in the file."""
        found: set[str] = set()
        for node in walk([self.tree]):
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                if node.value is None or not _may_be_data(node.value):
                    continue
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
                    found.update(part.attr for part in parts if isinstance(part, ast.Attribute))
        return frozenset(found)

    def qualified(self, node: ast.expr, local: Mapping[str, str] | None = None) -> str | None:
        """The full name of `tf.math.exp`, by the imports; None for what no import binds."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        root = (local or {}).get(node.id) or self.imports.get(node.id)
        if root is None:
            return None
        return ".".join([root, *reversed(parts)])

    def ancestry(self, name: str) -> Iterator[ClassItem]:
        """A class of the file and its bases in the file."""
        waiting, seen = [name], set[str]()
        while waiting:
            name = waiting.pop(0)
            item = self.classes.get(name)
            if item is None or name in seen:
                continue
            seen.add(name)
            yield item
            waiting.extend(base.id for base in item.node.bases if isinstance(base, ast.Name))

    def may_be_keras(self, item: ClassItem) -> bool:
        """Whether Keras may call the hooks of a class: a base is a class of Keras or TensorFlow."""
        return any(
            self._is_keras_base(base) for cls in self.ancestry(item.name) for base in cls.node.bases
        )

    def _is_keras_base(self, base: ast.expr) -> bool:
        qualified = self.qualified(base)
        if qualified is not None:
            return qualified.split(".")[0] in _TENSORFLOW
        root = base
        while isinstance(root, ast.Attribute):
            root = root.value
        return not isinstance(root, ast.Name) or (
            root.id not in self.classes and root.id in self.globals
        )

    def methods(self, item: ClassItem, name: str) -> Iterator[tuple[FunctionNode, ClassItem]]:
        """The methods of a name in a class and its bases in the file."""
        for cls in self.ancestry(item.name):
            for member in cls.members:
                if isinstance(member, DefItem) and member.name == name:
                    yield member.node, item

    def returns_containers(self, function: FunctionNode) -> bool:
        """Whether all that a function returns is a tuple, a list or the like."""
        known = self._returns.get(id(function))
        if known is None:
            values = [node.value for node in walk([function]) if isinstance(node, ast.Return)]
            known = bool(values) and all(
                isinstance(value, (*CONTAINERS, *COMPREHENSIONS)) for value in values
            )
            self._returns[id(function)] = known
        return known

    def made_by(self, owner: ClassItem, attribute: str) -> Iterable[str]:
        """The file's classes that an attribute of an object may be an instance of.

        All that its class mentions, where it is not told: a loop over a list of blocks.
        """
        known = self._made_by.get(owner.name)
        if known is None:
            known = self._made_by[owner.name] = {"": set()}
            for cls in self.ancestry(owner.name):
                self._note_makers(cls, known)
        return known.get(attribute, known[""])

    def _note_makers(self, cls: ClassItem, known: dict[str, set[str]]) -> None:
        untold: set[str] = set()
        for node in walk([cls.node]):
            if isinstance(node, ast.Name) and node.id in self.classes:
                known[""].add(node.id)
            elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
                attributes = {t.attr for t in node.targets if isinstance(t, ast.Attribute)}
                if not attributes:
                    continue
                names = {n.id for n in walk([node.value]) if isinstance(n, ast.Name)}
                made = names & self.classes.keys()
                value = node.value
                told = made or (
                    isinstance(value, ast.Call) and is_tensorflow(self.qualified(value.func))
                )
                if not told:
                    untold |= attributes
                for attribute in attributes:
                    known.setdefault(attribute, set()).update(made)
        for attribute in untold:
            known.pop(attribute, None)


def is_tensorflow(qualified: str | None) -> bool:
    return qualified is not None and qualified.split(".")[0] in _TENSORFLOW


def imports_in(nodes: Iterable[ast.AST]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in walk(nodes):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with what it stands for."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            # Projects hand TensorFlow on: `from project.compat import tf`.
            full = "tensorflow" if alias.name == "tf" else f"{node.module or ''}.{alias.name}"
            yield (
                alias.asname or alias.name,
                "." * node.level + full if full != "tensorflow" else full,
            )
        elif alias.asname is not None:
            yield alias.asname, alias.name
        else:
            root = alias.name.split(".")[0]
            yield root, root


def _may_be_data(value: ast.expr) -> bool:
    """Calls and arithmetic may make a tensor; a name, a constant or an attribute hands on a setting."""
    if isinstance(value, ast.Call):
        function = value.func
        return not (isinstance(function, ast.Name) and function.id in _PLAIN_CALLS)
    if isinstance(value, (ast.IfExp, ast.BoolOp)):
        parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else value.values
        return any(map(_may_be_data, parts))
    if isinstance(value, ast.BinOp):
        return _may_be_data(value.left) or _may_be_data(value.right)
    return isinstance(value, (ast.Await, ast.NamedExpr, ast.Subscript))
