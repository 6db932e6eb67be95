"""Callers in other files: what they pass is evidence of what this file's parameters are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.flow import attributes, names
from tflint_grad.flow.modules import LoadedModule, load, read_member, run_item
from tflint_grad.flow.state import EAGER, Frame
from tflint_grad.flow.values import Class, Function, Module, Value
from tflint_grad.outline import ClassItem, CodeItem, DefItem, ImportItem

if TYPE_CHECKING:
    from tflint_grad.flow.program import Program

#: Definitions of other files that are executed for what they pass.
MAX_CALLERS = 4
#: As many more that reach this file through another definition only.
MAX_FAR_CALLERS = 2
#: The steps they get together until one of them comes to this file, and those that it gets then:
#: of 69 that came, in six packages, 65 had done so by then (imports included).
STEPS_ON_THE_WAY = 500
CALLER_STEPS = 1_500
#: Of these, and of what they call in further files.
CALLER_STEPS_ABROAD = 1_000
#: Files that are looked into for callers.
MAX_FILES = 4


@dataclass(frozen=True, eq=False)
class Caller:
    """A definition, or statements, of another file; `far`: how many others lie between."""

    module: LoadedModule
    owner: ClassItem | None
    item: DefItem | CodeItem
    far: int


def run_callers(x: Program) -> None:
    """Execute the definitions of other files that call what leads to this file's tapes.

    The outermost first: what they call is then executed with what they pass. A function that was
    executed to its end this way needs no unknown arguments any more.
    """
    if x.project is None or not x.outline.leads:
        return
    limit, before = x.total_limit, x.steps
    abroad, at_rest = x.steps_abroad, x.steps_at_rest
    x.total_limit, x.steps_abroad = before + STEPS_ON_THE_WAY, CALLER_STEPS_ABROAD
    x.under_callers = True
    found, x.leading = _callers(x)
    x.reserve = CALLER_STEPS
    far = [caller for caller in found if caller.far][:MAX_FAR_CALLERS]
    near = [caller for caller in found if not caller.far][:MAX_CALLERS]
    for caller in [*sorted(far, key=lambda caller: -caller.far), *near]:
        if x.steps >= x.total_limit:
            break
        executed = set(x.executed)
        if not x.guarded(
            _title(caller), partial(_run, x, caller.module, caller.owner, caller.item)
        ):
            x.executed = executed
    x.under_callers, x.leading, x.reserve = False, frozenset(), 0
    x.total_limit = limit + x.steps - before
    x.steps_abroad, x.steps_at_rest = abroad, at_rest


def _title(caller: Caller) -> str:
    item = caller.item
    name = item.name if isinstance(item, DefItem) else "the module code"
    return f"{name} of {caller.module.path}"


def _callers(x: Program) -> tuple[list[Caller], frozenset[str]]:
    """Who leads to the tapes of this file, from near to far, and the names by which they do."""
    assert x.project is not None
    found: list[Caller] = []
    leading: dict[str, frozenset[str]] = {x.module.path: x.outline.leads}
    waiting = [(x.module.path, 0)]
    while waiting:
        path, far = waiting.pop(0)
        for user in x.project.importers(path, leading[path]):
            if user in leading or len(leading) > MAX_FILES:
                continue
            module = load(x, user)
            if module is None:
                leading[user] = frozenset()
                continue
            leading[user] = heirs = _heirs(x, module, leading)
            callers = _leading_parts(x, module, leading, far)
            leading[user] |= {name for caller in callers for name in _names_of(caller)}
            if leading[user]:
                # Who makes an heir is as near as who makes what it inherits from.
                lengths = [caller.far + 1 for caller in callers]
                waiting.append((user, far if heirs else max(lengths)))
            found += callers
    return found, _words(leading)


def _words(leading: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*leading.values())


def _heirs(
    x: Program, module: LoadedModule, leading: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The classes of a module that inherit what leads to a tape."""
    words = _words(leading)
    words |= _renamed(module, words)
    found = set[str]()
    for item in module.outline.items:
        if not isinstance(item, ClassItem):
            continue
        if (item.names.used | item.names.attributes) & (words | found):
            cls = names.read_in_scope(x, module.scope, item.name)
            if isinstance(cls, Class) and any(_leads(x, leading, base) for base in cls.ancestry()):
                found.add(item.name)
    return frozenset(found)


def _names_of(caller: Caller) -> set[str]:
    """What a module calls its part that leads to a tape, if others pass something there."""
    item, owner = caller.item, caller.owner
    if owner is not None:
        made = next((one for one in owner.members if getattr(one, "name", "") == "__init__"), None)
        return {owner.name} if _asks_for_arguments(item) or _asks_for_arguments(made) else set()
    if isinstance(item, CodeItem):
        return item.names.bound
    return {item.name} if _asks_for_arguments(item) else set()


def _asks_for_arguments(item: DefItem | CodeItem | None) -> bool:
    """Whether there are parameters that have to be given: what has a default tells by that."""
    if not isinstance(item, DefItem):
        return False
    arguments = item.node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    required = names[: len(names) - len(arguments.defaults)]
    return bool({*required} - {"self", "cls"}) or None in arguments.kw_defaults


def _leading_parts(
    x: Program, module: LoadedModule, leading: Mapping[str, frozenset[str]], far: int
) -> list[Caller]:
    """The parts of a module that mention what leads to a tape, directly or through each other."""
    found: list[Caller] = []
    words = _words(leading)
    words |= _renamed(module, words)
    here = set[str]()
    waiting = list(_parts(module))
    while True:
        new = [
            Caller(module, owner, item, far)
            for owner, item in waiting
            if (here & _from_outside(item) if here else _mentions(x, module, item, words, leading))
        ]
        if not new:
            return found
        found += new
        taken = {id(caller.item) for caller in new}
        waiting = [(owner, item) for owner, item in waiting if id(item) not in taken]
        here = {name for caller in new for name in _names_of(caller)}
        far += 1


def _from_outside(item: DefItem | CodeItem) -> set[str]:
    """The names that a part uses and does not bind itself."""
    if not isinstance(item, DefItem):
        return item.names.used
    arguments = item.node.args
    rest = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    own = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest)
    return item.names.used - {one.arg for one in own}


def _renamed(module: LoadedModule, words: frozenset[str]) -> set[str]:
    """`from trainer import step as train`: another word for one of `words`."""
    return {
        alias.asname
        for item in module.outline.items
        if isinstance(item, ImportItem)
        for alias in item.node.names
        if alias.asname is not None and alias.name in words
    }


def _parts(module: LoadedModule) -> Iterator[tuple[ClassItem | None, DefItem | CodeItem]]:
    for item in module.outline.items:
        if isinstance(item, ClassItem):
            yield from ((item, member) for member in item.members if isinstance(member, DefItem))
        elif not isinstance(item, ImportItem):
            yield None, item


def _mentions(
    x: Program,
    module: LoadedModule,
    item: DefItem | CodeItem,
    words: frozenset[str],
    leading: Mapping[str, frozenset[str]],
) -> bool:
    """Whether one of `words` stands for what leads to a tape, where a part mentions it."""
    for name in sorted(words & item.names.used):
        if _leads(x, leading, names.read_in_scope(x, module.scope, name)):
            return True
    attributes = sorted(words & item.names.attributes)
    if attributes:
        for root in sorted(item.names.used & module.outline.binders.keys()):
            value = names.read_in_scope(x, module.scope, root)
            if isinstance(value, Module) and any(
                name in leading.get(value.path, ())
                or _leads(x, leading, read_member(x, value, name))
                for name in attributes
            ):
                return True
    return any(_leads(x, leading, value) for value in _imported_inside(x, module, item, words))


def _imported_inside(
    x: Program, module: LoadedModule, item: DefItem | CodeItem, words: frozenset[str]
) -> Iterator[Value]:
    """What import statements inside a function bring of `words`."""
    assert x.project is not None
    if not isinstance(item, DefItem) or not words & item.names.used:
        return
    for node in ast.walk(item.node):
        if isinstance(node, ast.ImportFrom):
            wanted = [alias.name for alias in node.names if alias.name in words]
            path = wanted and x.project.find(module.path, node.module or "", node.level)
            if path:
                for name in wanted:
                    yield read_member(x, Module(path, node.module or ""), name)


def _leads(x: Program, leading: Mapping[str, frozenset[str]], value: Value | None) -> bool:
    if not isinstance(value, (Function, Class)):
        return False
    return x.is_own(value.unit) or value.name in leading.get(value.unit.filename, ())


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
        attributes.find_in_class(x, cls, item.name)
        if isinstance(cls, Class)
        else names.read_in_scope(x, module.scope, item.name)
    )
    if isinstance(function, Function) and id(function.node) not in x.executed:
        x.run_entry(function, cls if isinstance(cls, Class) else None)
