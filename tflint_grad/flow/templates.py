"""Template methods: a base class opens the tape, and its subclasses say what is computed under it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tflint_grad.flow import attributes, names
from tflint_grad.flow.modules import LoadedModule, load
from tflint_grad.flow.values import Class, Function
from tflint_grad.outline import ClassItem, DefItem

if TYPE_CHECKING:
    from tflint_grad.flow.program import Program

#: Subclasses of one class whose inherited tapes are executed.
MAX_SUBCLASSES = 3
#: Steps that subclasses in other files get together.
SUBCLASS_STEPS = 6_000


def run_templates(x: Program) -> None:
    """Execute methods that hold tapes for the subclasses that define what those methods ask for.

    The methods stay entries of their own class, which may be more than a template.
    """
    counts: dict[int, int] = {}
    for cls in list(x.classes):
        _run_inherited(x, cls, counts)
    if x.project is None or not any(_steps_of(x, cls) for cls in x.classes):
        return
    limit, before = x.total_limit, x.steps
    x.total_limit = before + SUBCLASS_STEPS
    for cls in _subclasses_elsewhere(x):
        if x.steps >= x.total_limit:
            break
        _run_inherited(x, cls, counts)
    x.total_limit = limit + x.steps - before


def _run_inherited(x: Program, cls: Class, counts: dict[int, int]) -> None:
    for base in cls.ancestry()[1:]:
        steps = _steps_of(x, base)
        if not steps or counts.get(base.identity, 0) == MAX_SUBCLASSES:
            continue
        if not _asked_of_self(x, base) & _defined_beside(x, cls, base):
            continue
        counts[base.identity] = counts.get(base.identity, 0) + 1
        executed = set(x.executed)
        for name in steps:
            function = attributes.find_in_class(x, cls, name)
            if isinstance(function, Function) and function.owner is base:
                x.guarded(f"{name} of {cls.name}", partial(x.run_entry, function, cls))
        x.executed = executed


def _steps_of(x: Program, cls: Class) -> list[str]:
    """The methods of a class of this file that hold tapes."""
    pending = x.pending_members.get(cls.identity)
    if pending is None or pending.module is not x.module:
        return []
    members = pending.item.members
    return [item.name for item in members if isinstance(item, DefItem) and item.names.is_root]


def _asked_of_self(x: Program, cls: Class) -> set[str]:
    found: set[str] = set()
    for member in x.pending_members[cls.identity].item.members:
        found |= member.names.attributes
    return found


def _defined_beside(x: Program, cls: Class, base: Class) -> set[str]:
    """What an instance has that one of `base` has not: of the class itself and its other bases."""
    found: set[str] = set()
    inherited = {entry.identity for entry in base.ancestry()}
    for entry in cls.ancestry():
        pending = x.pending_members.get(entry.identity)
        if pending is not None and entry.identity not in inherited:
            found |= pending.item.attribute_names
    return {name for name in found if not name.startswith("__") or name == "__call__"}


def _subclasses_elsewhere(x: Program) -> Iterator[Class]:
    """Classes of other files with a base of this one."""
    assert x.project is not None
    ours = frozenset(cls.name for cls in x.classes if x.is_own(cls.unit))
    for path in x.project.importers(x.module.path, ours & x.outline.leads):
        module = load(x, path)
        if module is None or module is x.module:
            continue
        for item in module.outline.items:
            if isinstance(item, ClassItem) and _may_inherit(x, module, item):
                cls = names.read_in_scope(x, module.scope, item.name)
                if isinstance(cls, Class):
                    yield cls


def _may_inherit(x: Program, module: LoadedModule, item: ClassItem) -> bool:
    """By a look at its bases alone: to execute a class costs more."""
    for base in item.node.bases:
        if isinstance(base, ast.Subscript):  # Base[Config]
            base = base.value
        if isinstance(base, ast.Name):
            value = names.read_in_scope(x, module.scope, base.id)
            if isinstance(value, Class):
                return True
        elif isinstance(base, ast.Attribute):
            return True
    return False
