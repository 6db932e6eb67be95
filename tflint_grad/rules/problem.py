"""What a rule finds, before positions are known: a station in the code and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflint_grad.findings import Confidence, Consequence, Severity

if TYPE_CHECKING:
    from tflint_grad.flow.paths import Station

Story = tuple[tuple[str, "Station"], ...]
Judgement = tuple[Severity, Confidence]

PROVEN: Judgement = (Severity.ERROR, Confidence.PROVEN)
LIKELY: Judgement = (Severity.WARNING, Confidence.LIKELY)
HARMFUL: Judgement = (Severity.WARNING, Confidence.PROVEN)  # memory or speed, not the gradient
ADVICE: Judgement = (Severity.ADVICE, Confidence.PROVEN)


@dataclass(frozen=True, slots=True)
class Problem:
    """One pitfall. `anchor` is set where the deepest frame shared with the tape is to be shown."""

    station: Station
    message: str
    consequence: Consequence
    severity: Severity = Severity.ERROR
    confidence: Confidence = Confidence.PROVEN
    story: Story = ()
    anchor: Station | None = None
    note: str = ""
