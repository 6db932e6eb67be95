"""Nodes of libcst that are filled in one field at a time, and the page that they come from."""

from __future__ import annotations

import sys
from abc import ABCMeta
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libcst as cst

Node = TypeVar("Node", bound="cst.CSTNode")

#: Makes a blank node: `node = new(_NAME)`, then its fields, then `node.__class__ = cst.Name`.
new: Any = object.__new__


def blank(kind: type[Node]) -> type[Node]:
    """A twin of a node class whose instances can be assigned to, until they become of that class.

    libcst's dataclasses are frozen. An assignment to a twin and the change of its class cost a
    third of what the slots' descriptors cost (Python 3.11: 0.13 and 0.28 µs for four fields).
    """
    free: dict[str, object] = {
        "__slots__": (),
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    twin: Any = ABCMeta(kind.__name__, (kind,), free)
    found: type[Node] = twin
    return found


@dataclass(eq=False)
class Page:
    """The lines that nodes come from; expressions keep theirs, to tell how they are written."""

    lines: Sequence[str]
    claimed: int = 0  # parentheses right around an expression that belong to what holds it
    located: bool = True  # rows and columns of `ast` can be trusted

    @cached_property
    def claiming(self) -> Page:
        """The page of an expression whose first parentheses are not its own: `f(x + y)`."""
        return Page(self.lines, 1, self.located)

    @cached_property
    def inside_f_string(self) -> Page:
        """Before Python 3.12, places inside f-strings may be wrong."""
        return self if sys.version_info >= (3, 12) else Page(self.lines, 0, False)
