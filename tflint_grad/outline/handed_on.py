"""Operations that let no gradient through, and are named without being called: `rnd = tf.round`."""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING

from tflint_grad.knowledge.names import is_tensorflow
from tflint_grad.knowledge.operations import Gradient, fact
from tflint_grad.outline.attributes import Candidates, Given
from tflint_grad.outline.bindings import STAR
from tflint_grad.outline.walk import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tflint_grad.outline.surroundings import Surroundings
    from tflint_grad.outline.units import Outline

_KINDS = ("op", "cast", "stop")


class HandedOn:
    """Where such operations go in a file.

    `operations`: the ids of the expressions. `holders`: what may be one, or was made with one:
    `Dense(4, activation=tf.round)`.
    """

    def __init__(self, around: Surroundings) -> None:
        self.operations: set[int] = set()
        if _may_hand_on(around.outline, around.imports):
            nodes = walk(around.outline.tree.body)
            called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
            for node in nodes:
                if isinstance(node, ast.Attribute) and id(node) not in called:
                    name = around.qualified(node)
                    if name is not None and _loses(name):
                        self.operations.add(id(node))
        given = around.given if self.operations else Given([])
        self.holders = Candidates(given, partial(_holds, operations=self.operations))


def _holds(value: ast.expr, is_holder: Callable[[str], bool], operations: set[int]) -> bool:
    return any(
        id(part) in operations or (isinstance(part, ast.Name) and is_holder(part.id))
        for part in walk([value])
    )


def _may_hand_on(outline: Outline, imports: Mapping[str, str]) -> bool:
    """What the text tells, for the tree of most files need not be walked."""
    roots = [name for name, full in imports.items() if name != STAR and is_tensorflow(full)]
    text = "".join(outline.lines) if roots else ""
    return any(
        _loses(f"{imports[root]}.{path}")
        for root in roots
        for path in {*re.findall(rf"{root}\.([\w.]+)[^\w.(]", text)}
    )


def _loses(qualified: str) -> bool:
    known = fact(qualified)
    if known is None or known.kind not in _KINDS:
        return False
    gradients = (known.gradient, *(known.outputs or ()))
    return known.kind == "cast" or any(one is not Gradient.FLOWS for one in gradients)
