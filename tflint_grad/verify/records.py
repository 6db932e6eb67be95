"""A tape under observation: what it recorded, and what of that still lives."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from tflint_grad.verify.observation import TapeLife


class Record:
    """A tape under observation, and weak references to what it recorded in eager code."""

    def __init__(self, tape: tf.GradientTape, life: TapeLife, number: int) -> None:
        self.tape = weakref.ref(tape)
        self.life = life
        self.number = number
        self.allocated = 0
        self.recorded: list[weakref.ref[Any]] = []
        self.death: weakref.ref[Any] | None = None

    def alive(self) -> int:
        gc.collect()
        return self.still_there()

    def still_there(self) -> int:
        """What lives of the record now, garbage that is not collected yet included."""
        return sum(reference() is not None for reference in self.recorded)


def record_of(tape: Any) -> Record | None:
    """What the probe knows of a tape; None for one that was made unseen."""
    record: Record | None = getattr(tape, "_tflint_grad_record", None)
    return record
