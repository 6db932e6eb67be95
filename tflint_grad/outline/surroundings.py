"""What the names of a file stand for, as far as its `ast` tells: for a look into one function."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.outline.attributes import Candidates, Given, may_be_data
from tflint_grad.outline.bindings import STAR, assigned_attributes, imported
from tflint_grad.outline.body import Body, FunctionNode
from tflint_grad.outline.handed_on import HandedOn
from tflint_grad.outline.units import ClassItem, CodeItem, DefItem, ImportItem
from tflint_grad.outline.walk import statements, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tflint_grad.outline.units import Item, Outline

#: A method, the class of the object that it is called on, and what is around it.
_Method = tuple[FunctionNode, ClassItem, "Surroundings"]
#: What an attribute is assigned, if that is told, and what is around it.
Assigned = tuple["ast.expr | None", "Surroundings"]
#: A definition of another file, and what is around it.
Elsewhere = tuple["DefItem | ClassItem", "Surroundings"]

_ASSIGNING = frozenset((
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AsyncWith, ast.AugAssign, ast.For, ast.With,
))  # fmt: skip
#: Other files of the project that are looked into for the hooks of one file.
_MAX_NEIGHBOURS = 20
#: Files that a name is handed on by before it is given up.
_MAX_REEXPORTS = 6


class Neighbours:
    """What surrounds the functions of other files of the project, each file looked at once.

    `find`: the outline of the file of `from <level dots>module import …` in a file, if it is of the
    project.
    """

    def __init__(self, find: Callable[[str, str, int], Outline | None]) -> None:
        self._find = find
        self._known: dict[tuple[str, str, int], Surroundings | None] = {}
        self._files: dict[str, Surroundings] = {}

    def module(self, importer: str, name: str, level: int) -> Surroundings | None:
        key = (importer, name, level)
        if key not in self._known:
            found = self._find(*key) if len(self._files) <= _MAX_NEIGHBOURS else None
            self._known[key] = None if found is None else self.around(found)
        return self._known[key]

    def around(self, outline: Outline) -> Surroundings:
        path = outline.filename
        if path not in self._files:
            self._files[path] = Surroundings(outline, path, self)
        return self._files[path]

    def home(self, item: ClassItem) -> Surroundings:
        """What is around a class that was found here."""
        return self._files[item.header.filename]

    def forget(self) -> None:
        """Let go of what has been looked at: it is full of circles."""
        for around in self._files.values():
            around.__dict__.clear()
        self._known.clear()
        self._files.clear()


@dataclass(eq=False)
class Surroundings:
    """The module around a function: imports, functions, classes, and what attributes may hold."""

    outline: Outline
    filename: str = ""
    neighbours: Neighbours | None = None
    _elsewhere: dict[str, Elsewhere | None] = field(default_factory=dict, repr=False)
    _made_by: dict[ClassItem, Makers] = field(default_factory=dict, repr=False)
    _ancestries: dict[ClassItem, list[tuple[ClassItem, Surroundings]]] = field(
        default_factory=dict, repr=False
    )
    _methods: dict[ClassItem, dict[str, list[_Method]]] = field(default_factory=dict, repr=False)
    _bodies: dict[FunctionNode, Body] = field(default_factory=dict, repr=False)
    _assigned: dict[ClassItem, dict[str, list[Assigned]]] = field(default_factory=dict, repr=False)

    @property
    def items(self) -> Sequence[Item]:
        return self.outline.items

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """Names bound at the top of the file to what imports give: `K = tf.keras.backend` as well."""
        found: dict[str, str] = {}
        given: dict[str, list[ast.expr]] = {}
        for item in self.items:
            if isinstance(item, ImportItem):
                found.update(imported(item.node))
            elif isinstance(item, CodeItem):
                for node in statements(item.nodes, into_definitions=False):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        found.update(imported(node))
                    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                        given.setdefault(node.targets[0].id, []).append(node.value)
        found.update(_aliases(given, partial(qualified_by, found)))
        return found

    @cached_property
    def functions(self) -> Mapping[str, FunctionNode]:
        return {item.name: item.node for item in self.items if isinstance(item, DefItem)}

    @cached_property
    def classes(self) -> Mapping[str, ClassItem]:
        return {item.name: item for item in self.items if isinstance(item, ClassItem)}

    @cached_property
    def method_names(self) -> frozenset[str]:
        """The names of all methods in the file."""
        return frozenset(
            member.name
            for cls in self.classes.values()
            for member in cls.members
            if isinstance(member, DefItem)
        )

    @cached_property
    def globals(self) -> frozenset[str]:
        """Names that statements of the module bind to something that is no constant."""
        found: set[str] = set()
        for item in self.items:
            if isinstance(item, CodeItem):
                node = item.nodes[0]
                if isinstance(node, ast.Assign) and self._is_constant(node.value):
                    continue
                for part in item.nodes:
                    names = (n for n in walk([part]) if isinstance(n, ast.Name))
                    found.update(name.id for name in names if isinstance(name.ctx, ast.Store))
        return frozenset(found)

    def _is_constant(self, value: ast.expr) -> bool:
        """Whether a value is written down, or is one of Python's: `string.ascii_letters`."""
        if isinstance(value, ast.Attribute):
            root = (self.qualified(value) or "").partition(".")[0]
            return root in sys.stdlib_module_names
        return isinstance(value, ast.Constant)

    @cached_property
    def given(self) -> Given:
        return Given(self.outline.tree.body)

    @cached_property
    def data(self) -> Candidates:
        """What may be a tensor or a variable, or hold one, by anything in the file."""
        return Candidates(self.given, partial(may_be_data, around=self))

    @cached_property
    def handed_on(self) -> HandedOn:
        """What lets no gradient through, and is named here without being called."""
        return HandedOn(self)

    def qualified(self, node: ast.expr, local: Mapping[str, str] | None = None) -> str | None:
        """The full name of `tf.math.exp`, by the imports; None for what no import binds."""
        return qualified_by(self.imports, node, local)

    def body_of(self, function: FunctionNode) -> Body:
        found = self._bodies.get(function)
        if found is None:
            found = self._bodies[function] = Body(function)
            imports = found.imports
            imports.update(_aliases(found.assigned, partial(self.qualified, local=imports)))
        return found

    # --- what other files define

    def function(self, qualified: str | None) -> tuple[FunctionNode, Surroundings] | None:
        """The function of another file of the project that a full name stands for."""
        found = self._defined_elsewhere(qualified)
        return (found[0].node, found[1]) if found and isinstance(found[0], DefItem) else None

    def may_import_cutting(self, qualified: str) -> bool:
        """Whether a name is of another file of the project, where it may stand for `tf.round`."""
        if self._defined_elsewhere(qualified) is not None:
            return False
        other = self._home_of(qualified)
        leaf = qualified.rpartition(".")[2]
        return other is not None and other.handed_on.has_name(leaf)

    def imported_class(self, qualified: str | None) -> tuple[ClassItem, Surroundings] | None:
        found = self._defined_elsewhere(qualified)
        return (found[0], found[1]) if found and isinstance(found[0], ClassItem) else None

    def _defined_elsewhere(self, qualified: str | None) -> Elsewhere | None:
        if qualified is None or self.neighbours is None or is_tensorflow(qualified):
            return None
        if qualified not in self._elsewhere:
            self._elsewhere[qualified] = self._looked_up(qualified, _MAX_REEXPORTS)
        return self._elsewhere[qualified]

    def _looked_up(self, qualified: str, rounds: int) -> Elsewhere | None:
        other = self._home_of(qualified) if rounds else None
        return (
            None if other is None else other._definition(qualified.rpartition(".")[2], rounds - 1)
        )

    def _home_of(self, qualified: str) -> Surroundings | None:
        """The file of the project whose name a full name begins with."""
        dots = len(qualified) - len(qualified.lstrip("."))
        module = qualified[dots:].rpartition(".")[0]
        if self.neighbours is None or not (module or dots):
            return None
        return self.neighbours.module(self.filename, module, dots)

    def _definition(self, name: str, rounds: int) -> Elsewhere | None:
        """What a name of this file stands for, which it may have from another file."""
        item = self._definitions.get(name)
        if item is not None:
            return item, self
        if name in self.imports:
            return self._looked_up(self.imports[name], rounds)
        stars = (
            f"{'.' * item.node.level}{item.node.module or ''}."
            for item in self.items
            if isinstance(item, ImportItem) and isinstance(item.node, ast.ImportFrom)
            if item.node.names[0].name == STAR
        )
        found = (self._looked_up(module + name, rounds) for module in stars)
        return next((one for one in found if one is not None), None)

    @cached_property
    def _definitions(self) -> Mapping[str, DefItem | ClassItem]:
        return {item.name: item for item in self.items if isinstance(item, (DefItem, ClassItem))}

    # --- classes

    def ancestry(self, item: ClassItem) -> Sequence[tuple[ClassItem, Surroundings]]:
        """A class and its bases in the project, each with what is around it."""
        found = self._ancestries.get(item)
        if found is None:
            found = self._ancestries[item] = list(self._line_of(item))
        return found

    def _line_of(self, item: ClassItem) -> Iterator[tuple[ClassItem, Surroundings]]:
        home = self if self.neighbours is None else self.neighbours.home(item)
        waiting = [(item, home)]
        seen = set[int]()
        while waiting:
            item, around = waiting.pop(0)
            if id(item) in seen:
                continue
            seen.add(id(item))
            yield item, around
            for written in item.node.bases:
                base = written.value if isinstance(written, ast.Subscript) else written
                own = around.classes.get(base.id) if isinstance(base, ast.Name) else None
                found = around.imported_class(around.qualified(base)) if own is None else None
                if own is not None:
                    waiting.append((own, around))
                elif found is not None:
                    waiting.append(found)

    def library_bases(self, item: ClassItem) -> Iterator[str | None]:
        """The classes of TensorFlow and Keras that a class derives from; None for what may be one."""
        for cls, around in self.ancestry(item):
            for base in cls.node.bases:
                qualified = around.qualified(base)
                if is_tensorflow(qualified):
                    yield qualified
                elif qualified is None and around._may_be_any(base):
                    yield None

    def _may_be_any(self, base: ast.expr) -> bool:
        """Whether no import and no class of the file tells what an expression stands for."""
        root = base
        while isinstance(root, ast.Attribute):
            root = root.value
        return not isinstance(root, ast.Name) or (
            root.id not in self.classes and root.id in self.globals
        )

    def data_of(self, owner: ClassItem | None) -> Sequence[Candidates]:
        """`data` of this file and of those that a class and its bases stand in."""
        places = [self]
        for _, around in self.ancestry(owner) if owner is not None else ():
            if around not in places:
                places.append(around)
        return [around.data for around in places]

    def methods(self, item: ClassItem, name: str) -> Sequence[_Method]:
        """The methods of a name in a class and its bases, each with what is around it."""
        found = self._methods.get(item)
        if found is None:
            found = self._methods[item] = {}
            for cls, around in self.ancestry(item):
                for member in cls.members:
                    if isinstance(member, DefItem):
                        found.setdefault(member.name, []).append((member.node, item, around))
        return found.get(name, ())

    def assigned(self, item: ClassItem) -> Mapping[str, Sequence[Assigned]]:
        """What a class and its bases in the project assign to attributes, of whatever object."""
        found = self._assigned.get(item)
        if found is None:
            found = self._assigned[item] = {}
            for cls, around in self.ancestry(item):
                for statement in statements(cls.node.body):
                    if statement.__class__ in _ASSIGNING:
                        for name, value in _values(statement):
                            found.setdefault(name, []).append((value, around))
        return found

    def made_by(self, owner: ClassItem, attribute: str) -> Iterator[ClassItem]:
        """The classes of the project that an attribute of an object may be an instance of.

        Without an attribute, and where it is not told, all of the file that its class mentions: a
        loop over a list of blocks.
        """
        makers = self._made_by.get(owner)
        if makers is None:
            makers = self._made_by[owner] = Makers(owner, self)
        return makers.of(attribute)


class Makers:
    """What the attributes of an object may be made by, from what its class and the bases assign."""

    def __init__(self, owner: ClassItem, around: Surroundings) -> None:
        self._line = around.ancestry(owner)
        self._made: dict[str, list[ClassItem]] = {}
        self._called: dict[str, list[tuple[ast.expr, Surroundings]]] = {}  # may be a class
        self._untold: set[str] = set()
        for attribute, values in around.assigned(owner).items():
            for value, place in values:
                self._note(attribute, value, place)

    def of(self, attribute: str) -> Iterator[ClassItem]:
        is_told = attribute and attribute not in self._untold
        made = self._made.get(attribute, ()) if is_told else self._mentioned
        # Sorted: what is looked at first decides what the limits leave out.
        yield from sorted(made, key=lambda cls: cls.name)
        for function, place in self._called.get(attribute, ()):
            found = place.imported_class(place.qualified(function))
            if found is not None:
                yield found[0]

    @cached_property
    def _mentioned(self) -> Sequence[ClassItem]:
        """Classes of their files; their own names stand in `super(Block, self)` only."""
        found: dict[ClassItem, None] = {}
        for cls, place in self._line:
            others = place.classes.keys() - {one.name for one, _ in self._line}
            for part, unit in ((cls, cls.header), *((one, one.unit) for one in cls.members)):
                if any(unit.mentions(name) for name in others):
                    named = part.names.used & others
                    found.update(dict.fromkeys(place.classes[name] for name in named))
        return list(found)

    def _note(self, attribute: str, value: ast.expr | None, place: Surroundings) -> None:
        if isinstance(value, ast.Constant):
            return
        parts = [] if value is None else walk([value])
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        made = [place.classes[name] for name in names & place.classes.keys()]
        calls = [part.func for part in parts if isinstance(part, ast.Call)]
        called = [(function, place) for function in calls if _is_capital(function)]
        by_library = isinstance(value, ast.Call) and is_tensorflow(place.qualified(value.func))
        if not made and not by_library:
            self._untold.add(attribute)
        self._made.setdefault(attribute, []).extend(made)
        self._called.setdefault(attribute, []).extend(called)


def _values(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """The attributes that a statement assigns, each with what it gets, where that is told."""
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    values = statement.value if isinstance(statement, ast.Assign) else None
    told: dict[int, ast.expr] = {id(target): values for target in targets if values is not None}
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(values, ast.Tuple):
            parts = [*target.elts, *values.elts]
            if 2 * len(target.elts) == len(parts) and not _any_starred(parts):
                told.update(zip(map(id, target.elts), values.elts, strict=True))
    for target in assigned_attributes(statement):
        yield target.attr, told.get(id(target))


def _is_capital(function: ast.expr) -> bool:
    """Whether something is called as classes are: files are read for nothing else."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return str(name)[:1].isupper()


def _any_starred(parts: Iterable[ast.expr]) -> bool:
    return any(isinstance(part, ast.Starred) for part in parts)


def _aliases(
    given: Mapping[str, Sequence[ast.expr]], qualified: Callable[[ast.expr], str | None]
) -> Iterator[tuple[str, str]]:
    """Names that stand for a part of TensorFlow, whichever of their assignments counts."""
    for name, values in given.items():
        if all(isinstance(value, (ast.Attribute, ast.Name)) for value in values):
            found = [qualified(value) for value in values]
            if all(map(is_tensorflow, found)):
                yield name, str(found[-1])


def qualified_by(
    imports: Mapping[str, str], node: ast.expr, local: Mapping[str, str] | None = None
) -> str | None:
    """The full name of `tf.math.exp`, given what names stand for; those of `local` come first."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    root = (local or {}).get(node.id) or imports.get(node.id)
    return None if root is None else ".".join([root, *reversed(parts)])
