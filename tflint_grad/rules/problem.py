"""What a rule finds, before positions are known: a station in the code and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflint_grad.findings import Confidence, Consequence, Severity

if TYPE_CHECKING:
    from tflint_grad.flow.paths import Station

Story = tuple[tuple[str, "Station"], ...]


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
