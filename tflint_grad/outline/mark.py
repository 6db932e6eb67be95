"""Which parts of a file can matter to a gradient: the roots, what they use, who calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.outline.names import ROOTS
from tflint_grad.outline.units import ClassItem, CodeItem, DefItem, ImportItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from tflint_grad.outline.units import Item

#: Methods that Python or Keras calls by itself.
IMPLICIT_METHODS = frozenset(("call", "build", "train_step", "loss"))
#: Methods that run whenever an instance is made.
_OF_INSTANCES = frozenset(("__init__", "build"))
#: Attribute names too common to tell a class by.
COMMON = frozenset(
    [
        "call",
        "build",
        "fit",
        "get",
        "set",
        "update",
        "reset",
        "run",
        "step",
        "name",
        "shape",
        "dtype",
        "append",
        "items",
        "keys",
        "values",
    ]
)

_VARIABLES = frozenset(("trainable_variables", "trainable_weights", "variables", "weights"))


def mark_named_roots(items: Sequence[Item], roots: frozenset[str]) -> None:
    """What mentions one of `roots` is a root, as is what mentions a root by another name.

    `from tensorflow import GradientTape as Tape`: then `Tape` marks a root.
    """
    renamed = {
        alias.asname
        for item in items
        if isinstance(item, ImportItem)
        for alias in item.node.names
        if alias.asname is not None and alias.name.split(".")[-1] in ROOTS | roots
    }
    if renamed or roots:
        for leaf, _ in leaves(items):
            names = leaf.names
            mentioned = renamed & names.used or roots & (names.used | names.attributes)
            names.is_root = names.is_root or bool(mentioned)


def leaves(
    items: Sequence[Item],
) -> Iterator[tuple[DefItem | CodeItem | ClassItem, ClassItem | None]]:
    for item in items:
        if isinstance(item, ClassItem):
            yield item, None
            for member in item.members:
                yield member, item
        elif not isinstance(item, ImportItem):
            yield item, None


def _is_implicit(item: Item) -> bool:
    return isinstance(item, DefItem) and (
        item.name in IMPLICIT_METHODS or (item.name.startswith("__") and item.name.endswith("__"))
    )


def mark_needed(
    items: Sequence[Item], anchored: bool, going_wrong: frozenset[int]
) -> frozenset[str] | None:
    """Mark the roots, all that they use, and the callers that show what is passed to them.

    `anchored`: the file may speak of a tape. `going_wrong`: ids of the items that hold a hook, or
    hand out a loss, in which something may break.

    Returns the top-level names whose use leads to a tape (none in a file of Keras hooks alone);
    None where there is nothing that can matter.
    """
    parts = list(leaves(items))
    wanted: set[str] = set()
    wanted_attributes: set[str] = set()
    asked_by_name: set[str] = set()
    shared: set[str] = set()  # what the needed statements of the module bind
    asked_methods: dict[str, set[str]] = {}
    matters = has_tape = False
    changed = True

    def need(item: DefItem | CodeItem | ClassItem) -> None:
        nonlocal changed
        item.needed = changed = True
        wanted.update(item.names.used)
        wanted.update(item.names.attributes)
        wanted_attributes.update(item.names.attributes)

    for item, owner in parts:
        names = item.names
        if (anchored and names.is_root) or id(item) in going_wrong:
            matters = True
            has_tape = has_tape or names.is_root
            need(item)
            if isinstance(item, CodeItem) and owner is None:
                shared.update(names.bound)
            if owner is not None and not owner.needed:
                need(owner)
            if isinstance(item, DefItem) and owner is None:
                asked_by_name.add(item.name)
            elif owner is not None:
                asked_by_name.add(owner.name)
                asked_methods.setdefault(owner.name, set()).add(getattr(item, "name", ""))
    if not matters:
        return None
    while changed:
        changed = False
        for item, owner in parts:
            if item.needed:
                continue
            names = item.names
            if owner is not None:
                if not owner.needed:
                    continue
                if (
                    isinstance(item, CodeItem)
                    or _is_implicit(item)
                    or (isinstance(item, DefItem) and item.name in wanted)
                ):
                    need(item)
                elif names.attributes & asked_methods.get(owner.name, set()):
                    asked_methods[owner.name].add(getattr(item, "name", ""))
                    need(item)
            elif isinstance(item, DefItem):
                if item.name in wanted:
                    need(item)
                elif asked_by_name & names.used:
                    asked_by_name.add(item.name)
                    need(item)
            elif isinstance(item, ClassItem):
                if asked_by_name & names.used:  # a subclass
                    asked_by_name.add(item.name)
                    need(item)
                elif item.name in wanted or _answers(item, wanted_attributes):
                    need(item)
            elif asked_by_name & names.used:
                asked_by_name.update(names.bound)
                need(item)
            elif names.bound & wanted or names.used & shared & wanted:
                shared.update(names.bound)
                need(item)
    # Hooks run by themselves: who else calls them is of no account where there is no tape.
    asked = asked_by_name.union(*asked_methods.values()) if has_tape else frozenset[str]()
    for item, owner in parts:
        if item.needed:
            is_root = item.names.is_root or id(item) in going_wrong
            if isinstance(item, DefItem):
                # Without a tape a hook is executed for what may go wrong in it, not for its state.
                is_mere_hook = owner is not None and item.name in IMPLICIT_METHODS and not has_tape
                item.is_entry = is_root or (not is_mere_hook and _leads(item, owner, asked))
            elif isinstance(item, CodeItem) and owner is None:
                item.is_entry = has_tape or is_root
    return frozenset(asked_by_name) if has_tape else frozenset()


def _leads(item: DefItem, owner: ClassItem | None, asked: Set[str]) -> bool:
    """Whether a function uses what leads to a tape, or makes state that others may find."""
    names = item.names
    if not asked.isdisjoint(names.used) or not asked.isdisjoint(names.attributes):
        return True
    if owner is None:
        return not asked.isdisjoint(names.bound - {item.name})
    return item.name not in _OF_INSTANCES and bool(names.stored)


def _answers(item: ClassItem, attributes: set[str]) -> bool:
    """Whether the class has a method that is used somewhere on an object of unknown class."""
    asks_for_variables = bool(attributes & _VARIABLES)
    return any(
        isinstance(member, DefItem)
        and (
            (asks_for_variables and member.name in ("call", "__call__"))
            or (member.name in attributes and member.name not in COMMON and member.name[:2] != "__")
            or (member.name == "__init__" and bool((member.names.stored & attributes) - COMMON))
        )
        for member in item.members
    )
