"""What a slow line costs: runs with it and runs without, in pairs, on the device's own clock.

Without: the gradient is taken beside the tape's recording; the values that the host waits for are known
from a run before, so that it need not wait.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tflint_grad.verify.observation import Observations, Place
from tflint_grad.verify.question import Question

#: The first of them warms up.
PAIRS = 6


@dataclass
class Pair:
    """One question's two runs: `without` what it flags, or with it, when values are written down."""

    question: Question
    without: bool = False
    values: list[Any] = field(default_factory=list)

    def aside(self, tape: Any, place: Place) -> AbstractContextManager[None]:
        """Within, a gradient call is not recorded by its own tape."""
        flagged = place in self.question.flagged and tape._persistent and tape._recording
        if self.without and self.question.code == "TFG304" and flagged:
            recording: AbstractContextManager[None] = tape.stop_recording()
            return recording
        return contextlib.nullcontext()

    def converted(self, place: Place, convert: Callable[[], Any]) -> Any:
        """A value that is taken to the host."""
        if place not in self.question.flagged:
            return convert()
        if self.without and self.values:
            return self.values.pop(0)
        value = convert()
        if not self.without:
            self.values.append(value)
        return value


def timed(question: Question, once: Callable[[Pair], Observations]) -> str:
    """`12.3 ms with it, 8.1 ms without (median of 5 pairs)`; empty where a run came to nothing."""
    costs: list[float] = []
    plain: list[float] = []
    for _ in range(PAIRS):
        pair = Pair(question)
        slow = once(pair)
        fast = once(Pair(question, without=True, values=pair.values))
        if not slow.taped_seconds or not fast.taped_seconds or slow.escaped() or fast.escaped():
            return ""
        costs.append(slow.taped_seconds)
        plain.append(fast.taped_seconds)
    return told(costs[1:], plain[1:])


def told(costs: list[float], plain: list[float]) -> str:
    """What came of some pairs. A difference counts where it has one sign in all of them but one."""
    slower = sum(one > other for one, other in zip(costs, plain, strict=True))
    middle, least = statistics.median(costs) * 1e3, statistics.median(plain) * 1e3
    text = f"{middle:.1f} ms with it, {least:.1f} ms without (median of {len(costs)} pairs)"
    return text if slower >= len(costs) - 1 else f"{text}, no difference that can be told"
