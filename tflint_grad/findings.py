"""What the linter says: one `Finding` a pitfall, whoever prints, fixes or verifies it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tflint_grad.verify.verdict import Verdict


class Severity(enum.IntEnum):
    """How much a finding weighs; ordered, so that `--fail-on` is a comparison."""

    ADVICE = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(str, enum.Enum):
    """*proven*: a gradient call asks for exactly the path that is cut; *likely*: nearly so."""

    PROVEN = "proven"
    LIKELY = "likely"

    def __str__(self) -> str:
        return self.value


class Consequence(str, enum.Enum):
    """What the program does because of the pitfall (`gradient-nan` means NaN or infinite)."""

    RAISES = "raises"
    GRADIENT_NONE = "gradient-none"
    GRADIENT_ZERO = "gradient-zero"
    GRADIENT_WRONG = "gradient-wrong"
    GRADIENT_NAN = "gradient-nan"
    MEMORY = "memory"
    SLOW = "slow"
    ADVICE = "advice"
    UNREADABLE = "unreadable"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: row and column count from 1, columns in code points."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One station on the way of the gradient: tape opened, called from, broken here, asked for."""

    message: str
    filename: str
    location: Location


@dataclass(frozen=True, slots=True)
class Site:
    """A place that a finding may be shown at. `end_location` is exclusive.

    `statement_rows` are the first and the last row of the statement that holds the place (of a
    compound statement: its header): a `# noqa` on either counts.
    """

    filename: str
    location: Location
    end_location: Location
    statement_rows: tuple[int, int]


class TapePlace(NamedTuple):
    """Where a tape is opened; not `is_written`: Keras opens it, around the hook that is there."""

    filename: str
    location: Location
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One pitfall at one place.

    `end_location` is exclusive. `statement_rows` are those of `Site`. `callers` are the calls that
    lead from the tape to the place, outermost first: where the file of the place is not among those
    that were asked for, the deepest of them that is in one which was is shown instead. `tapes` are
    the places of the tapes that the pitfall spoils, sorted. `verdict` is what `--verify` has seen.
    """

    code: str
    name: str
    message: str
    severity: Severity
    confidence: Confidence
    consequence: Consequence
    filename: str
    location: Location
    end_location: Location
    trace: tuple[TraceStep, ...] = ()
    statement_rows: tuple[int, int] | None = None
    callers: tuple[Site, ...] = ()
    tapes: tuple[TapePlace, ...] = ()
    verdict: Verdict | None = None

    @property
    def is_refuted(self) -> bool:
        """Whether the code was run and did not do what is said: shown, but no failure."""
        return self.verdict is not None and self.verdict.status == "refuted"

    @property
    def spoiled(self) -> int:
        """How many of the tapes that the code opens it spoils."""
        return sum(tape.is_written for tape in self.tapes)

    def sort_key(self) -> tuple[str, Location, str, str]:
        return (self.filename, self.location, self.code, self.message)

    def shown_among(self, asked: Callable[[str], bool]) -> Finding | None:
        """The finding at its place, or at the deepest call on the way that is in a file asked for.

        `asked` takes a filename. Where no call on the way was asked for, the gradient call is shown;
        None where that is in another file too.
        """
        if asked(self.filename):
            return self
        sites = [*self.callers]
        if self.trace:
            last = self.trace[-1]
            row, column = last.location.row, last.location.column
            end = Location(row, column + 1)
            sites.insert(0, Site(last.filename, last.location, end, (row, row)))
        for site in reversed(sites):
            if asked(site.filename):
                return replace(
                    self,
                    message=f"{self.message} ({self.filename}:{self.location.row})",
                    filename=site.filename,
                    location=site.location,
                    end_location=site.end_location,
                    statement_rows=site.statement_rows,
                )
        return None

    def renamed(self, name: Callable[[str], str]) -> Finding:
        """The same finding with another name for each file that it speaks of."""
        return replace(
            self,
            filename=name(self.filename),
            trace=tuple(replace(step, filename=name(step.filename)) for step in self.trace),
            callers=tuple(replace(site, filename=name(site.filename)) for site in self.callers),
            tapes=tuple(tape._replace(filename=name(tape.filename)) for tape in self.tapes),
        )

    def with_filename(self, filename: str) -> Finding:
        """The same finding in a file of another name (traces within the file follow)."""
        trace = tuple(
            replace(step, filename=filename) if step.filename == self.filename else step
            for step in self.trace
        )
        return replace(self, filename=filename, trace=trace)


#: Which of several consequences at one place is told: the loudest at run time first.
_LOUDNESS = tuple(Consequence)


def heavier(one: Finding, other: Finding) -> Finding:
    """Of two findings of one code at one place the one that weighs more, with the tapes of both."""

    def weight(finding: Finding) -> tuple[int, int]:
        return (int(finding.severity), -_LOUDNESS.index(finding.consequence))

    chosen = other if weight(other) > weight(one) else one
    return replace(chosen, tapes=tuple(sorted({*one.tapes, *other.tapes})))


class Unreadable(Exception):
    """A file cannot be analysed; becomes TFG000 for that file, and the run goes on.

    `severity` is ERROR for broken syntax and encodings, WARNING for what exceeds a stated limit.
    """

    def __init__(
        self, message: str, location: Location | None = None, severity: Severity = Severity.ERROR
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location or Location(1, 1)
        self.severity = severity
