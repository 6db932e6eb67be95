"""What a scene is to find out about one finding: plain data, so that it can enter the process."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tflint_grad.findings import Finding
    from tflint_grad.verify.observation import Place

    Statement = Callable[[str, int], tuple[int, int]]

_SOURCE = re.compile(r"with respect to '([^']+)'")
_TARGET = re.compile(r"gradient of '([^']+)'")
_ASKED = ("asked for here", "used here", "used again here")


@dataclass(frozen=True)
class Span:
    """Some rows of a file, given by its absolute path; both ends count."""

    file: str
    first: int
    last: int

    def __contains__(self, place: object) -> bool:
        return (
            isinstance(place, tuple)
            and place[0] == self.file
            and self.first <= place[1] <= self.last
        )

    def places(self) -> list[Place]:
        return [(self.file, row) for row in range(self.first, self.last + 1)]


@dataclass(frozen=True)
class Question:
    """One finding: where its cause stands, where its tapes are opened and where they are asked.

    `source` is the expression whose gradient the finding speaks of, where it names one.
    """

    number: int
    code: str
    consequence: str
    message: str
    flagged: Span
    tapes: tuple[Span, ...]
    asked: tuple[Span, ...]
    source: str = ""

    @classmethod
    def of(cls, finding: Finding, number: int, statement: Statement) -> Question:
        """`statement` gives the rows of the statement that holds a row of a file."""

        def span(file: str, row: int) -> Span:
            return Span(file, *statement(file, row))

        source = _SOURCE.search(finding.message)
        first = finding.location.row
        last = max(first, finding.end_location.row)
        flagged = span(finding.filename, first)
        return cls(
            number=number,
            code=finding.code,
            consequence=str(finding.consequence),
            message=finding.message,
            flagged=Span(flagged.file, min(flagged.first, first), max(flagged.last, last)),
            tapes=tuple(span(tape.filename, tape.location.row) for tape in finding.tapes),
            asked=tuple(
                span(step.filename, step.location.row)
                for step in finding.trace
                if step.message in _ASKED
            ),
            source=source[1] if source else "",
        )

    @property
    def about(self) -> str:
        """`gradient of 'loss' with respect to 'w'`, as far as the finding names them."""
        target = _TARGET.search(self.message)
        told = f"gradient of '{target[1]}'" if target else "gradient"
        if self.source:
            return f"{told} with respect to '{self.source}'"
        return told if target else "a gradient"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Question:
        return cls(
            **{
                **data,
                "flagged": Span(**data["flagged"]),
                "tapes": tuple(Span(**one) for one in data["tapes"]),
                "asked": tuple(Span(**one) for one in data["asked"]),
            }
        )
