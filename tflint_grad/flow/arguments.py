"""The arguments of a call: finding one, and the place to show for them."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import TYPE_CHECKING

from tflint_grad.flow.values import Argument

if TYPE_CHECKING:
    import libcst as cst


def argument(arguments: Many[Argument], index: int, name: str) -> Argument | None:
    """An argument by position or keyword."""
    position = 0
    for entry in arguments:
        if entry.star:
            continue
        if entry.keyword == name:
            return entry
        if entry.keyword is None:
            if position == index:
                return entry
            position += 1
    return None


def node_of(arguments: Many[Argument]) -> cst.CSTNode | None:
    for entry in arguments:
        if entry.place is not None:
            return entry.place.node
    return None
