"""Executing something as if it had run before everything that is in execution now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tflint_grad.flow.paths import NO_TAPES
from tflint_grad.flow.state import RECORDING, Context, Frame

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution
    from tflint_grad.flow.paths import Place


@contextmanager
def aside(
    x: Execution, scope: int, context: Context, calls: tuple[tuple[int, Place], ...] = ()
) -> Iterator[None]:
    """In a frame of its own: no tape records it, and no branch undoes it."""
    before = (x.frame, getattr(x, "unit", None), x.exit, x.statement, x.recording)
    mark, depth = x.store.mark(), len(x.frames)
    x.store.set(RECORDING, NO_TAPES)
    x.frame = Frame(x.fresh(), scope, context, calls, mark=mark)
    x.frames.append(x.frame)
    x.exit = None
    try:
        yield
    finally:
        del x.frames[depth:]
        x.frame, unit, x.exit, x.statement, recording = before
        if unit is not None:
            x.unit = unit
        x.store.set(RECORDING, recording)
        x.store.settle(mark)
