"""What was seen while a fixture ran: plain data, so that it can leave the process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class GradientCall:
    """One `gradient`, `jacobian` or `batch_jacobian`, Keras' own included (row 0: not in the file).

    `outcomes` has one word a source: none, zero, finite, not-finite, or symbolic inside a graph.
    """

    row: int
    method: str
    at: int
    outcomes: list[str] = field(default_factory=list)
    target_is_host: bool = False
    error: str = ""


@dataclass
class Raised:
    """An exception, caught by the tail or not, with the rows of the file it came through."""

    kind: str
    message: str
    rows: list[int]
    at: int
    escaped: bool


@dataclass
class Claim:
    """A statement of the tail about a gradient, already checked: see `tail`."""

    kind: str
    row: int
    at: int
    reason: str = ""


@dataclass
class TapeLife:
    """One tape: where it was made and entered, how often it was asked, and what it kept alive.

    `alive_after_use` counts its recorded intermediates that lived just after its last use (where it
    was never asked: after its block), `kept_after_use` those that lived only because the tape held
    them, `kept_at_end` the same at the end of the run.
    """

    rows: list[int]
    persistent: bool
    gradients: int = 0
    alive_after_use: int = 0
    kept_after_use: int = 0
    kept_at_end: int = 0


@dataclass
class Observations:
    """The whole run. `at` counts events: it tells what came before what."""

    executed: dict[int, int] = field(default_factory=dict)  # row -> the event of its first run
    gradients: list[GradientCall] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    tapes: list[TapeLife] = field(default_factory=list)
    conversions: dict[int, int] = field(
        default_factory=dict
    )  # row -> eager values taken to the host
    warnings: list[tuple[int, str]] = field(default_factory=list)  # (row, TensorFlow's own words)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Observations:
        return cls(
            executed={int(row): at for row, at in data["executed"].items()},
            gradients=[GradientCall(**item) for item in data["gradients"]],
            raised=[Raised(**item) for item in data["raised"]],
            claims=[Claim(**item) for item in data["claims"]],
            tapes=[TapeLife(**item) for item in data["tapes"]],
            conversions={int(row): count for row, count in data["conversions"].items()},
            warnings=[(row, text) for row, text in data["warnings"]],
            seconds=data["seconds"],
        )
