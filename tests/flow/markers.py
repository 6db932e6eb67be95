"""What the programs expect of their gradient paths, read from the comments behind the calls.

    grads = tape.gradient(loss, [w, b])  # path w: live; b: cut 12 unsure, in autograph

One entry a source, named by the text of its expression. The states are

    live              the gradient comes back, and it is right
    lost 12           it comes back, but a host call at row 12 has taken a part out of it
    cut 12            the expression at row 12 cuts the only way
    unrecorded 9      the tape did not record the step at row 9
    unwatched         nobody watches the source
    absent            there is no connection at all

A row that is left out is not compared. `unsure`: the way leads through something opaque.
`in eager|autograph|graph` names the execution that the call is under, eager by default.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
STATES = ("live", "cut", "lost", "unrecorded", "unwatched", "absent")

_MARKER = re.compile(r"# path (?P<entries>.+)$")
_ENTRY = re.compile(
    r"(?P<source>.+): (?P<state>[a-z]+)(?: (?P<row>\d+))?(?P<unsure> unsure)?"
    r"(?:, in (?P<context>eager|autograph|graph))?"
)
_NO_DIFFERENCES = re.compile(r"^\s*# differences: no, (?P<reason>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Mark:
    """The state that one source must have at one gradient call."""

    row: int
    source: str
    state: str
    cause: int | None = None
    sure: bool = True
    context: str = "eager"


def marks_of(text: str) -> list[Mark]:
    """All marks of a program, in the order of its lines."""
    marks = []
    for row, line in enumerate(text.splitlines(), 1):
        if marker := _MARKER.search(line):
            marks += [_mark(row, entry.strip()) for entry in marker["entries"].split(";")]
    return marks


def _mark(row: int, entry: str) -> Mark:
    parsed = _ENTRY.fullmatch(entry)
    if parsed is None or parsed["state"] not in STATES:
        raise ValueError(f"row {row}: cannot read the marker entry {entry!r}")
    return Mark(
        row=row,
        source=parsed["source"],
        state=parsed["state"],
        cause=int(parsed["row"]) if parsed["row"] else None,
        sure=not parsed["unsure"],
        context=parsed["context"] or "eager",
    )


def states_no_differences(text: str) -> bool:
    """Whether the program says that its gradient is meant to differ from the differences."""
    return _NO_DIFFERENCES.search(text) is not None


def programs() -> list[Path]:
    return sorted(PROGRAMS.glob("*.py"))
