"""The limits that a part of a file must keep before it is executed, and libcst may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Location, Severity, Unreadable

if TYPE_CHECKING:
    from tflint_grad.outline.names import Names

#: libcst is cubic in long chains and Python's stack is finite (measured: 300 links cost 0.1 s).
MAX_DEPTH = 300
#: Beyond this many nodes in a file libcst's parse takes seconds and hundreds of MiB.
MAX_NODES = 100_000


def guard(names: Names, first_row: int, before: int = 0) -> int:
    """The nodes of a file that are to be executed: `before` and those of this part.

    Raises:
        Unreadable: the part is too deep, or the file's parts together are too large (a warning).
    """
    where = Location(first_row, 1)
    total = before + names.nodes
    if names.depth > MAX_DEPTH:
        message = f"nested or chained deeper than {MAX_DEPTH} levels: skipped"
        raise Unreadable(message, where, Severity.WARNING)
    if total > MAX_NODES:
        message = f"more than {MAX_NODES:,} syntax nodes: skipped"
        raise Unreadable(message, where, Severity.WARNING)
    return total
