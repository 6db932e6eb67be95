"""`# noqa` comments: on the first, the last or the reported line of a statement, or for a file."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tflint_grad.findings import Finding
    from tflint_grad.source import SourceText

#: As flake8 reads it; what follows the colon and is no code makes it a bare `# noqa`.
_CODES = r"(?P<codes>(?:TFG|[A-Z]+[0-9]+)\b(?:[,\s]+(?:TFG|[A-Z]+[0-9]+)\b)*)"
_LINE = re.compile(rf"#\s*noqa\b(?:\s*:\s*{_CODES})?", re.IGNORECASE)
_FILE = re.compile(rf"#\s*flake8[:=]\s*noqa\b(?:\s*:\s*{_CODES})?\s*$", re.IGNORECASE)
#: What a bare `# noqa` drops: every code begins with nothing.
_EVERYTHING = ("",)


@dataclass(frozen=True)
class Suppressions:
    """The prefixes of codes that comments drop, for the whole file and by row."""

    everywhere: tuple[str, ...]
    rows: dict[int, tuple[str, ...]]

    def drops(self, code: str, rows: Iterable[int]) -> bool:
        if self.everywhere and code.startswith(self.everywhere):
            return True
        return any(code.startswith(self.rows.get(row, ())) for row in rows)


class Comments:
    """The comments of all files that findings name; each file is searched once."""

    def __init__(self, sources: Mapping[str, SourceText]) -> None:
        self._sources = sources
        self._read: dict[str, Suppressions | None] = {}

    def drop(self, finding: Finding) -> bool:
        """Whether a comment stands at the place, or at one of the calls that lead there.

        Each counts in its own file: one who silences a call of his does not want to hear of what
        happens behind it.
        """
        rows = finding.statement_rows or ()
        places = [(finding.filename, {finding.location.row, *rows})]
        places += [
            (site.filename, {site.location.row, *site.statement_rows}) for site in finding.callers
        ]
        return any(
            suppressions.drops(finding.code, rows)
            for filename, rows in places
            if (suppressions := self._of(filename)) is not None
        )

    def _of(self, filename: str) -> Suppressions | None:
        if filename not in self._read:
            source = self._sources.get(filename)
            speaks = source is not None and "noqa" in source.text.lower()
            self._read[filename] = read_suppressions(source) if speaks and source else None
        return self._read[filename]


def read_suppressions(source: SourceText) -> Suppressions:
    """Find the comments by tokens: a `# noqa` within a string is text."""
    everywhere: tuple[str, ...] = ()
    rows: dict[int, tuple[str, ...]] = {}
    for row, comment, alone in _comments(source.lines):
        if alone and (match := _FILE.match(comment)):
            everywhere += _prefixes(match)
        elif match := _LINE.search(comment):
            rows[row] = _prefixes(match)
    return Suppressions(everywhere, rows)


def _prefixes(match: re.Match[str]) -> tuple[str, ...]:
    codes = match["codes"]
    return tuple(re.split(r"[,\s]+", codes.upper())) if codes else _EVERYTHING


def _comments(lines: Iterable[str]) -> Iterator[tuple[int, str, bool]]:
    """The row and text of each comment, and whether it has the line to itself."""
    text = io.StringIO("\n".join(lines) + "\n")
    try:
        for token in tokenize.generate_tokens(text.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string, not token.line[: token.start[1]].strip()
    except (tokenize.TokenError, SyntaxError):
        return  # what was found up to there counts
