"""A fixture: a file as users write it, its markers, and the tail that drives it.

What stands above the line `# --- run ---` is for the linter; the whole file is what is run.
A line that must be reported ends in `# expect: TFG201 gradient-wrong`, several findings separated
by commas; `# expect-advice: TFG210` marks advice, whose consequence may be left out. Where
`--verify` cannot see the consequence of the last one without the tail, because values or hardware
decide, the marker says so and why: `# expect: TFG701 gradient-nan inconclusive: only at 0`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
CUT = "# --- run ---"
MARKER = re.compile(r"\s*# expect(?P<advice>-advice)?: (?P<what>TFG.*)$")
CONSEQUENCES = frozenset(
    {"raises", "gradient-none", "gradient-zero", "gradient-wrong", "gradient-nan"}
    | {"memory", "slow", "advice", "unreadable"}
)


class MalformedFixture(ValueError):
    """A marker that cannot be read: the fixture is at fault, not the linter."""


@dataclass(frozen=True)
class Expectation:
    """What one marker says: this code on this row, with this consequence."""

    code: str
    row: int
    consequence: str
    advice: bool
    undecided: str = ""  # why `--verify` comes to no verdict without the tail


@dataclass(frozen=True)
class Fixture:
    path: Path

    @property
    def rule(self) -> str:
        """The code of the folder that holds the file."""
        return self.path.parent.name

    @property
    def identity(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def is_bad(self) -> bool:
        return self.path.name.startswith("bad_")

    @cached_property
    def whole(self) -> str:
        # Fixtures of TFG000 are broken on purpose, so no byte may stop us here.
        return self.path.read_bytes().decode("utf-8", errors="replace")

    @cached_property
    def above(self) -> str:
        """The part that the linter is given, markers and all."""
        rows = self.whole.splitlines(keepends=True)
        cuts = [number for number, row in enumerate(rows) if row.rstrip() == CUT]
        return "".join(rows[: cuts[0]]) if cuts else self.whole

    @cached_property
    def source(self) -> str:
        """What the linter is given: without the markers, so that it cannot read the answers."""
        return "".join(
            MARKER.sub("", row.rstrip("\n")) + ("\n" if row.endswith("\n") else "")
            for row in self.above.splitlines(keepends=True)
        )

    @cached_property
    def has_tail(self) -> bool:
        return self.above != self.whole

    @cached_property
    def expectations(self) -> tuple[Expectation, ...]:
        found: list[Expectation] = []
        for row, text in enumerate(self.above.splitlines(), start=1):
            if match := MARKER.search(text):
                found += self._read_marker(row, match["what"], match["advice"] is not None)
            elif re.search(r"#\s*expect", text):
                raise MalformedFixture(f"{self.identity}:{row}: unreadable marker: {text.strip()}")
        return tuple(found)

    def _read_marker(self, row: int, what: str, advice: bool) -> list[Expectation]:
        found = []
        what, _, undecided = what.partition(" inconclusive: ")
        items = what.split(",")
        for item in items:
            code, _, consequence = item.strip().partition(" ")
            consequence = consequence or ("advice" if advice else "")
            consequence = "unreadable" if code == "TFG000" else consequence
            if not re.fullmatch(r"TFG\d{3}", code) or consequence not in CONSEQUENCES:
                raise MalformedFixture(f"{self.identity}:{row}: unreadable marker: {item!r}")
            reason = undecided.strip() if item is items[-1] else ""
            found.append(Expectation(code, row, consequence, advice, reason))
        return found

    @cached_property
    def _statements(self) -> tuple[tuple[int, int], ...]:
        """First and last row of each simple statement, and of the header of each compound one."""
        spans = []
        for node in ast.walk(ast.parse(self.whole)):
            if isinstance(node, ast.stmt):
                body = getattr(node, "body", None)
                last = node.end_lineno or node.lineno
                if isinstance(body, list) and body:
                    last = max(node.lineno, body[0].lineno - 1)
                spans.append((node.lineno, last))
        return tuple(spans)

    def statement(self, row: int) -> tuple[int, int]:
        """The rows of the smallest statement that holds `row`: Python's own traceback may name
        any of them for an expression of several lines."""
        around = [span for span in self._statements if span[0] <= row <= span[1]]
        return min(around, key=lambda span: span[1] - span[0], default=(row, row))


def every_fixture(pattern: str = "TFG*/*.py") -> list[Fixture]:
    paths = sorted(FIXTURES.glob(pattern))
    return [Fixture(path) for path in paths if path.name.startswith(("bad_", "ok_"))]
