"""What tapes of the user's program held when they died: nothing is collected for it, they are heard."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tflint_grad.verify.records import Record


class Deaths:
    """Has each tape say, when it dies, how many values lived only because it held them.

    Weak references are called before an object lets go of its attributes, which then go in the order
    in which they came: the record that TensorFlow keeps, and at last ours. Between the two nothing
    else happens. In a cycle of references all goes at once, when garbage is collected: of what dies
    then nobody knows who held it.
    """

    def __init__(self) -> None:
        self._collecting = False
        self._collected: list[tuple[Record, int]] = []

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Within, it is known when garbage is collected."""
        gc.callbacks.append(self._collection)
        try:
            yield
        finally:
            gc.callbacks.remove(self._collection)

    def expect(self, tape: Any, record: Record) -> None:
        """Hear of the end of this tape."""
        before: list[int] = []

        def dies(_: object) -> None:
            before.append(record.still_there())

        def says(held: int) -> None:
            self._dead(record, held)

        class LastWords:
            def __del__(self) -> None:
                if before:
                    says(before[0])

        record.death = weakref.ref(tape, dies)
        tape._tflint_grad_last_words = LastWords()

    def _dead(self, record: Record, held: int) -> None:
        if self._collecting:
            self._collected.append((record, held))
        else:
            record.life.kept_after_use = held - record.still_there()
            record.life.compared = True

    def _collection(self, phase: str, information: dict[str, int]) -> None:
        self._collecting = phase == "start"
        if phase == "stop":
            collected, self._collected = self._collected, []
            for record, held in collected:
                if held == record.still_there():
                    record.life.compared = True
                else:
                    record.life.entangled = True
