"""Callers in other files: what they pass is evidence of what this file's parameters are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.flow import names
from tflint_grad.flow.modules import LoadedModule, load, read_member, run_item
from tflint_grad.flow.state import EAGER, Frame
from tflint_grad.flow.values import Class, Function, Module, Value
from tflint_grad.outline import ClassItem, CodeItem, DefItem, ImportItem

if TYPE_CHECKING:
    from tflint_grad.flow.program import Program

#: Definitions of other files that are executed for what they pass, and the steps they get together.
MAX_CALLERS = 8
CALLER_STEPS = 12_000

Caller = tuple[LoadedModule, ClassItem | None, DefItem | CodeItem]


def run_callers(x: Program) -> None:
    """Execute the definitions of other files that call what leads to this file's tapes.

    A function that was executed to its end this way needs no unknown arguments any more.
    """
    if x.project is None or not x.outline.leads:
        return
    limit, before = x.total_limit, x.steps
    x.total_limit = before + CALLER_STEPS
    x.under_callers = True
    for count, (module, owner, item) in enumerate(_callers(x)):
        if count == MAX_CALLERS or x.steps >= x.total_limit:
            break
        executed = set(x.executed)
        if not x.guarded(_title(module, item), partial(_run, x, module, owner, item)):
            x.executed = executed
    x.under_callers = False
    x.total_limit = limit + x.steps - before


def _title(module: LoadedModule, item: DefItem | CodeItem) -> str:
    return f"{item.name if isinstance(item, DefItem) else 'the module code'} of {module.path}"


def _callers(x: Program) -> Iterator[Caller]:
    assert x.project is not None
    leads = x.outline.leads
    for path in x.project.importers(x.module.path, leads):
        module = load(x, path)
        if module is None or module is x.module:
            continue
        for owner, item in _parts(module):
            mentioned = leads & (item.names.used | item.names.attributes)
            if any(_is_ours(x, module, item, name) for name in sorted(mentioned)):
                yield module, owner, item


def _parts(module: LoadedModule) -> Iterator[tuple[ClassItem | None, DefItem | CodeItem]]:
    for item in module.outline.items:
        if isinstance(item, ClassItem):
            yield from ((item, member) for member in item.members if isinstance(member, DefItem))
        elif not isinstance(item, ImportItem):
            yield None, item


def _is_ours(x: Program, module: LoadedModule, item: DefItem | CodeItem, name: str) -> bool:
    """Whether a name that another file mentions stands for something of this file."""
    if name in item.names.used and _is_own(x, names.read_in_scope(x, module.scope, name)):
        return True
    if name not in item.names.attributes:
        return False
    for root in sorted(item.names.used & module.outline.binders.keys()):
        value = names.read_in_scope(x, module.scope, root)
        if isinstance(value, Module) and (
            value.path == x.module.path or _is_own(x, read_member(x, value, name))
        ):
            return True
    return False


def _is_own(x: Program, value: Value | None) -> bool:
    return isinstance(value, (Function, Class)) and x.is_own(value.unit)


def _run(
    x: Program, module: LoadedModule, owner: ClassItem | None, item: DefItem | CodeItem
) -> None:
    try:
        module.outline.guard(item)
    except Unreadable:
        return
    if isinstance(item, CodeItem):
        frame, x.frame = x.frame, Frame(x.fresh(), module.scope, EAGER, mark=x.store.mark())
        try:
            if id(item) not in module.ran:
                run_item(x, module, item)
        finally:
            x.frame = frame
        return
    cls = names.read_in_scope(x, module.scope, owner.name) if owner is not None else None
    function = (
        names.find_in_class(x, cls, item.name)
        if isinstance(cls, Class)
        else names.read_in_scope(x, module.scope, item.name)
    )
    if isinstance(function, Function) and id(function.node) not in x.executed:
        x.run_entry(function, cls if isinstance(cls, Class) else None)
