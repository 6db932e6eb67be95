"""Central differences: is the gradient that the tape gave the slope of what it differentiated?

The scene is run again with the sources moved a little, to either side, in some directions; two step
sizes must tell the same slope, or nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tflint_grad.verify.observation import Claim, Observations, Place
from tflint_grad.verify.oracles.base import asked, begun
from tflint_grad.verify.question import Question
from tflint_grad.verify.shift import Key, Measured, Shift
from tflint_grad.verify.sources import relevant

DIRECTIONS = 3


def measure(question: Question, run: Observations, again: Callable[[Shift], Observations]) -> None:
    """Add a claim to `run`: agrees, disagrees, or unmeasured with the reason."""
    first = begun(question, run)
    if first is None:
        return
    calls = [call for call in asked(question, run, first) if not call.error]
    if not calls:
        return
    place = calls[0].place

    def claim(kind: str, reason: str) -> None:
        run.claims.append(Claim(kind, place, max(calls[0].last, first + 1), reason))

    found = Shift(place=place)
    again(found)
    base = found.measured
    if base is None:
        claim(
            "unmeasured", "the gradient's values stay inside a graph: shapes are not fixed, or pfor"
        )
        return
    chosen = [
        index
        for index in relevant(question.source, place, len(base.keys))
        if base.keys[index] is not None and base.gradients[index] is not None
    ]
    if not chosen:
        claim(
            "unmeasured",
            "the source cannot be moved: it is neither a variable nor a watched tensor",
        )
        return
    claim(*_compared(base, chosen, place, again))


def _compared(
    base: Measured, chosen: list[int], place: Place, again: Callable[[Shift], Observations]
) -> tuple[str, str]:
    chooser = np.random.default_rng(0)
    agreed: list[str] = []
    unclear = ""
    for _ in range(DIRECTIONS):
        ways = {index: _direction(base.values[index], chooser) for index in chosen}
        said = sum(
            float(np.sum(np.asarray(base.gradients[index], np.float64) * way))
            for index, way in ways.items()
        )
        slopes = []
        for size in _steps(base.dtype):
            heights = [_height(base, ways, sign * size, place, again) for sign in (1.0, -1.0)]
            if heights[0] is None or heights[1] is None:
                return (
                    "unmeasured",
                    "the scene does not repeat itself: the target was not reached again,"
                    " or the source is made only while a graph is traced",
                )
            slopes.append((heights[0] - heights[1]) / (2 * size))
        wide, narrow = slopes
        slack = _slack(base, narrow) + abs(wide - narrow)
        told = f"the tape says {said:.6g}, central differences say {narrow:.6g}"
        if abs(wide - narrow) > 2e-2 * abs(narrow) + 4 * _slack(base, narrow):
            unclear = f"not smooth here: slopes {wide:.6g} and {narrow:.6g} for two steps"
            continue
        # Five times the slack that agreement is allowed: no rounding explains it.
        if abs(said - narrow) > 5 * slack:
            return ("disagrees", f"along a random direction {told}")
        if abs(said - narrow) <= slack:
            agreed.append(told)
        else:
            unclear = f"too close to tell: {told}"
    if agreed and not unclear:
        return ("agrees", agreed[0])
    return ("unmeasured", unclear)


def _direction(values: Any, chooser: np.random.Generator) -> Any:
    """Signs, so that every entry moves by the same amount."""
    return chooser.choice([-1.0, 1.0], np.shape(values)) * chooser.uniform(
        0.5, 1.0, np.shape(values)
    )


def _steps(dtype: str) -> tuple[float, float]:
    return (2e-5, 1e-5) if dtype == "float64" else (8e-3, 4e-3)


def _slack(base: Measured, slope: float) -> float:
    """What a right gradient may be off by.

    In float64 a step of 1e-5 errs by about 1e-10 in both rounding and curvature, so 1e-6 is ample.
    In float32 a height is good to about 1e-6 of it (sixteen roundings), which costs 2.5e-4 of it over
    a step of 4e-3: twice that, and a thousandth of the slope for the gradient's own roundings.
    Curvature shows in the difference of the two slopes, which the caller adds.
    """
    height = abs(base.height)
    if base.dtype == "float64":
        return 1e-6 * (1 + abs(slope) + height)
    return 1e-3 * abs(slope) + 5e-4 * (0.2 + height)


def _height(
    base: Measured,
    ways: dict[int, Any],
    step: float,
    place: Place,
    again: Callable[[Shift], Observations],
) -> float | None:
    steps: dict[Key, Any] = {}
    for index, way in ways.items():
        key = base.keys[index]
        assert key is not None
        steps[key] = way * step
    shift = Shift(place=place, tape=base.tape, steps=steps)
    again(shift)
    return None if shift.measured is None or shift.missed else shift.measured.height
