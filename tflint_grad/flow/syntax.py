"""Small questions to the syntax of one function, answered once for each node."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tflint_grad.concrete import children

_DEFINITIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)


def walk(node: cst.CSTNode, into_functions: bool = True) -> Iterator[cst.CSTNode]:
    """All semantic nodes below a node, in no particular order; no recursion."""
    stack = list(children(node))
    while stack:
        current = stack.pop()
        yield current
        if into_functions or current.__class__ not in _DEFINITIONS:
            stack.extend(children(current))


class _Facts:
    """What one walk over a function tells: names, uses of names, generators, a walrus."""

    __slots__ = ("generator", "names", "nested_generator", "node", "uses", "walrus")

    def __init__(self, node: cst.CSTNode) -> None:
        self.node = node
        self.walrus = self.generator = self.nested_generator = False
        self.uses: dict[str, tuple[set[str], bool]] = {}
        names: set[str] = set()
        own, nested = children(node), list[cst.CSTNode]()
        for found in (own, nested):  # both grow on the way
            for child in found:
                kind = child.__class__
                if kind is cst.Name:
                    names.add(child.value)  # type: ignore[attr-defined]
                    continue
                if kind is cst.Attribute:
                    self._note_use(child.value, child.attr.value)  # type: ignore[attr-defined]
                elif kind is cst.Call:
                    self._note_use(child.func, None)  # type: ignore[attr-defined]
                elif kind is cst.NamedExpr:
                    self.walrus = True
                elif kind is cst.Yield:
                    if found is nested:
                        self.nested_generator = True
                    else:
                        self.generator = True
                if kind in _DEFINITIONS:
                    nested += children(child)
                else:
                    found += children(child)
        self.names = frozenset(names)

    def _note_use(self, receiver: cst.CSTNode, attribute: str | None) -> None:
        if receiver.__class__ is not cst.Name:
            return
        name: str = receiver.value
        used, called = self.uses.get(name, (set(), False))
        if attribute is None:
            called = True
        else:
            used.add(attribute)
        self.uses[name] = (used, called)


_by_id: dict[int, _Facts] = {}


def _facts_of(node: cst.CSTNode) -> _Facts:
    found = _by_id.get(id(node))
    if found is None or found.node is not node:
        found = _by_id[id(node)] = _Facts(node)
    return found


def forget() -> None:
    """Let go of the nodes of a file that is done."""
    _by_id.clear()


def uses_of_names(node: cst.CSTNode) -> dict[str, tuple[set[str], bool]]:
    """By name: which attributes are used of it in a function, and whether it is called."""
    return _facts_of(node).uses


def loaded_names(node: cst.CSTNode) -> frozenset[str]:
    return _facts_of(node).names


def is_generator(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef) and _facts_of(node).generator


def has_walrus(node: cst.CSTNode) -> bool:
    return _facts_of(node).walrus


def has_nested_generator(node: cst.CSTNode) -> bool:
    return _facts_of(node).nested_generator
