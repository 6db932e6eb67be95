"""What a part of a file mentions and binds, from one deep walk over its `ast`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.outline.walk import BELOW

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A definition that mentions one of these opens, feeds or asks a tape.
ROOTS = frozenset(
    (
        "GradientTape",
        "gradient",
        "jacobian",
        "batch_jacobian",
        "custom_gradient",
        "ForwardAccumulator",
    )
)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NAMING = frozenset((*_DEFINITIONS, ast.Global, ast.Nonlocal, ast.alias, ast.keyword))


@dataclass(eq=False)
class Names:
    """What a part of a file mentions and binds, and how large and deep it is."""

    used: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)  # attributes that are assigned
    nodes: int = 0
    depth: int = 0
    is_root: bool = False


def scan(nodes: Sequence[ast.AST]) -> Names:
    """One walk that collects names, size and depth (no recursion: the input may be hostile)."""
    names = Names()
    used, bound, attributes = names.used, names.bound, names.attributes
    level = list(nodes)
    while level:
        names.depth += 1
        names.nodes += len(level)
        below: list[ast.AST] = []
        for node in level:
            if isinstance(node, ast.Name):
                (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
                continue
            if isinstance(node, ast.Attribute):
                attributes.add(node.attr)
                if isinstance(node.ctx, ast.Store):
                    names.stored.add(node.attr)
                below.append(node.value)
                continue
            if node.__class__ in _NAMING:
                _note(node, names)
            inside = BELOW.get(node.__class__)
            if inside is not None:
                below += inside(node)
        level = below
    names.is_root = not ROOTS.isdisjoint(used) or not ROOTS.isdisjoint(attributes)
    return names


def _note(node: ast.AST, names: Names) -> None:
    """What a node mentions or binds that is neither a name nor an attribute."""
    if isinstance(node, ast.keyword):
        if node.arg:
            names.used.add(node.arg)
    elif isinstance(node, _DEFINITIONS):
        names.bound.add(node.name)
    elif isinstance(node, ast.alias):
        names.bound.add((node.asname or node.name).split(".")[0])
        names.used.add(node.name.split(".")[-1])
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        names.bound.update(node.names)
        names.used.update(node.names)
