"""Plain observations, as a scene might leave them: no TensorFlow takes part.

The program is always the same: a tape is opened on row 1, row 2 is flagged, row 3 asks.
"""

from __future__ import annotations

from tflint_grad.verify.observation import (
    Claim,
    GradientCall,
    Observations,
    Place,
    Raised,
    TapeLife,
)
from tflint_grad.verify.question import Question, Span

FILE = "/project/train.py"
OPENED, FLAGGED, ASKED = 1, 2, 3


def at(row: int) -> Place:
    return (FILE, row)


def question(
    consequence: str, code: str = "TFG204", message: str = "", source: str = ""
) -> Question:
    return Question(
        number=0,
        code=code,
        consequence=consequence,
        message=message,
        flagged=Span(FILE, FLAGGED, FLAGGED),
        tapes=(Span(FILE, OPENED, OPENED),),
        asked=(Span(FILE, ASKED, ASKED),),
        source=source,
    )


def run(
    *outcomes: str,
    under: bool = True,
    stage: str = "eager",
    raised: tuple[Raised, ...] = (),
    claims: tuple[Claim, ...] = (),
    tapes: tuple[TapeLife, ...] = (),
    reached: bool = True,
) -> Observations:
    """A run in which row 2 ran and row 3 asked; with no outcomes nobody asked."""
    seen = Observations(raised=list(raised), claims=list(claims), tapes=list(tapes))
    if reached:
        seen.executed[at(FLAGGED)] = 10
        seen.under[at(FLAGGED)] = [at(OPENED)] if under else []
        seen.stages[at(FLAGGED)] = [stage]
    if outcomes:
        seen.gradients.append(asked(*outcomes))
    return seen


def asked(*outcomes: str, error: str = "", host: bool = False) -> GradientCall:
    return GradientCall(
        at(ASKED),
        at(OPENED),
        "gradient",
        outcomes=list(outcomes),
        error=error,
        target_is_host=host,
        first=20,
        last=20,
    )


def error(message: str, row: int, when: int = 15, escaped: bool = True) -> Raised:
    return Raised("TypeError", message, [at(row)], when, escaped)
