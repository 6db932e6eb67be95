"""Modules of the project: a statement of one is executed when a name that it binds is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.flow.aside import aside
from tflint_grad.flow.joins import join_values
from tflint_grad.flow.limits import LimitReached
from tflint_grad.flow.state import EAGER
from tflint_grad.flow.values import Choice, Class, Imported, Known, Module, Value
from tflint_grad.outline import ClassItem, DefItem, ImportItem
from tflint_grad.outline.bindings import STAR

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution
    from tflint_grad.outline import CodeItem, Item, Outline

#: An import that leads through more modules than this is not followed.
MAX_IMPORT_DEPTH = 250
#: Files beside its own that the analysis of one file may look into.
MAX_MODULES = 40
STEPS_PER_IMPORT = 2_000


@dataclass(eq=False)
class LoadedModule:
    """A file in execution: its outline, its global scope, and which of its items have been run."""

    path: str
    outline: Outline
    scope: int
    ran: set[int] = field(default_factory=set)
    exported: frozenset[str] | None = None


@dataclass(eq=False)
class PendingMembers:
    """A class whose methods are executed when they are asked for."""

    item: ClassItem
    module: LoadedModule
    scope: int
    cls: Class
    ran: set[int] = field(default_factory=set)


# --- reading names of modules


def load(x: Execution, path: str) -> LoadedModule | None:
    """The module of a file; None for a namespace package and for what cannot be read."""
    if path in x.modules:
        return x.modules[path]
    loaded = None
    if x.project is not None and len(x.modules) < MAX_MODULES:
        outline = x.project.outline(path)
        if outline is not None:
            from tflint_grad.flow.names import new_scope

            loaded = LoadedModule(path, outline, new_scope(x, None))
            x.module_of_scope[loaded.scope] = loaded
            x.on_module(loaded)
    x.modules[path] = loaded
    return loaded


def global_scope(x: Execution, scope: int) -> int:
    """The scope of the module that a scope is in."""
    parent = x.scopes[scope].parent
    while parent is not None:
        scope, parent = parent, x.scopes[parent].parent
    return scope


def read_global(x: Execution, scope: int, name: str) -> Value | None:
    """A name of a module that nothing has bound yet: execute what binds it."""
    module = x.module_of_scope.get(scope)
    if module is None:
        return None
    items = [item for item in module.outline.binders.get(name, ()) if id(item) not in module.ran]
    if items:
        _run(x, module, items)
        value: Value | None = x.store.get(("name", scope, name))
        if value is not None:
            return value
    return _from_stars(x, module, name)


def _from_stars(x: Execution, module: LoadedModule, name: str) -> Value | None:
    stars = module.outline.binders.get(STAR)
    if not stars or x.project is None:
        return None
    for item in reversed(stars):
        if not isinstance(item, ImportItem) or isinstance(item.node, ast.Import):
            continue
        target = x.project.find(module.path, item.node.module or "", item.node.level)
        key = (target, name)
        if target is None or key in x.resolving:
            continue
        x.resolving.add(key)
        try:
            other = load(x, target)
            if other is not None and _exports(other, name):
                found = _attribute(x, other, name)
                if found is not None:
                    x.store.set(("name", module.scope, name), found)
                    return found
        finally:
            x.resolving.discard(key)
    return None


def _exports(module: LoadedModule, name: str) -> bool:
    """Whether `from module import *` brings a name along: `__all__`, or no leading underscore."""
    if module.exported is None:
        module.exported = frozenset(_literal_all(module.outline))
    return name in module.exported if module.exported else not name.startswith("_")


def _literal_all(outline: Outline) -> Iterator[str]:
    for item in outline.binders.get("__all__", ()):
        for node in getattr(item, "nodes", ()):
            for child in ast.walk(node):
                if isinstance(child, ast.Constant) and isinstance(child.value, str):
                    yield child.value


def _attribute(x: Execution, module: LoadedModule, name: str) -> Value | None:
    from tflint_grad.flow.names import read_in_scope

    return read_in_scope(x, module.scope, name)


def read_member(x: Execution, module: Module, name: str) -> Value:
    """`module.name`: what the module binds, else a submodule of the package, else unknown."""
    found = _member(x, module, name)
    return Known(f"{module.name}.{name}") if found is None else found


def _member(x: Execution, module: Module, name: str) -> Value | None:
    key = (module.path, name)
    if key not in x.resolving and len(x.resolving) < MAX_IMPORT_DEPTH:
        x.resolving.add(key)
        try:
            loaded = load(x, module.path)
            found = _attribute(x, loaded, name) if loaded is not None else None
            if found is not None:
                return found
        finally:
            x.resolving.discard(key)
    # Also where a package imports its own submodule: `from . import ops` in `__init__.py`.
    return _submodule(x, module, name)


def _submodule(x: Execution, package: Module, name: str) -> Module | None:
    if x.project is None or not _is_package(package.path):
        return None
    importer = package.path if package.path.endswith(".py") else f"{package.path}/__init__.py"
    inner = x.project.find(importer, name, 1)
    if inner is None or inner == package.path:
        return None
    return Module(inner, f"{package.name}.{name}")


def _is_package(path: str) -> bool:
    return path.endswith("__init__.py") or not path.endswith((".py", ".ipynb"))


def resolved(x: Execution, value: Value) -> Value:
    """A value as it is: what an import statement brings is looked up when its name is read."""
    if isinstance(value, Choice):
        if any(isinstance(option, Imported) for option in value.options):
            return join_values([resolved(x, option) for option in value.options])
        return value
    if not isinstance(value, Imported):
        return value
    if x.project is None:
        return value.library
    key = (value.importer, value.module, value.name, value.level)
    known = x.imported.get(key)
    if known is None:
        known = _resolve(x, value)
        if not x.resolving:  # in a circle of imports the answer is not the last word
            x.imported[key] = known
    return known


def _resolve(x: Execution, value: Imported) -> Value:
    assert x.project is not None
    path = x.project.find(value.importer, value.module, value.level)
    if path is None:
        return value.library
    module = Module(path, value.dotted)
    if value.name is None:
        return module
    found = _member(x, module, value.name)
    return value.library if found is None else found


# --- executing items of modules


@contextmanager
def at_import(x: Execution, module: LoadedModule) -> Iterator[None]:
    """Execute something as the import of its module would, within the share of steps of imports."""
    known, start, limits = set(x.tapes), x.steps, (x.step_limit, x.total_limit)
    reserve, x.reserve = x.reserve, 0
    x.step_limit = start + min(STEPS_PER_IMPORT, x.import_steps)
    x.total_limit = max(x.total_limit, x.step_limit)
    with aside(x, module.scope, EAGER):
        try:
            yield
        except LimitReached:
            x.abandon_tapes(known)
            x.cut_short.append(f"import of {module.path}: too many steps")
        finally:
            # What runs once, on import, is not charged to the entry that happens to need it first;
            # but to a caller that has not come to this file yet, and may never do so.
            used = x.steps - start
            x.import_steps -= used
            x.reserve = reserve
            credit = 0 if reserve else used
            x.step_limit, x.total_limit = limits[0] + credit, limits[1] + credit


def _run(x: Execution, module: LoadedModule, items: list[Item]) -> None:
    """Run items of a module that have not been run yet, in their order."""
    module.ran.update(id(item) for item in items)
    with at_import(x, module):
        for item in items:
            if item.is_main_guard:
                continue
            if not isinstance(item, ImportItem):
                try:
                    module.outline.guard(item)
                    run_item(x, module, item)
                except Unreadable as problem:
                    x.cut_short.append(f"{module.outline.filename}: {problem.message}")
            else:
                run_item(x, module, item)
            x.exit = None


def run_item(x: Execution, module: LoadedModule, item: Item) -> None:
    """Execute one top-level item in the present frame."""
    from tflint_grad.flow.imports import bind_top_level

    module.ran.add(id(item))
    if isinstance(item, ImportItem):
        if not hasattr(x, "unit"):
            from tflint_grad.outline import Unit

            lines = module.outline.lines
            x.unit = Unit(lines, 1, min(1, len(lines)), filename=module.outline.filename)
        bind_top_level(x, item.node)
    elif isinstance(item, ClassItem):
        x.run_class(module, item)
    else:
        x.run_unit(item.unit)


# --- members of classes


def read_class_member(x: Execution, cls: Class, name: str) -> Value | None:
    """A method that nothing has asked for yet: execute its definition."""
    pending = x.pending_members.get(cls.identity)
    if pending is None:
        return None
    plain = name.removesuffix(".setter")
    if not pending.item.binds(plain):
        return None
    wanted = [
        item for item in pending.item.members if id(item) not in pending.ran and _binds(item, plain)
    ]
    if not wanted:
        return None
    run_members(x, pending, wanted)
    found: Value | None = x.store.get(("attribute", cls.identity, name))
    return found


def _binds(item: DefItem | CodeItem, name: str) -> bool:
    return item.name == name if isinstance(item, DefItem) else name in item.names.bound


def run_members(x: Execution, pending: PendingMembers, wanted: list[DefItem | CodeItem]) -> None:
    """Execute members of a class in the scope of its body, and keep what they bind on the class."""
    from tflint_grad.flow.definitions import owned_by

    pending.ran.update(id(item) for item in wanted)
    with at_import(x, pending.module):
        x.frame.scope = pending.scope
        mark = x.store.mark()
        for item in wanted:
            try:
                pending.module.outline.guard(item)
                x.run_unit(item.unit)
            except Unreadable as problem:
                x.cut_short.append(f"{pending.module.outline.filename}: {problem.message}")
            x.exit = None
        owned_by(x, pending.cls, pending.scope, mark)
