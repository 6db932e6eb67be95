"""A finding as a small story: the code where the gradient is lost, and the way that led there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tflint_grad.findings import Finding, Location, Severity
from tflint_grad.report.place import printable, spot
from tflint_grad.source.discovery import relative

if TYPE_CHECKING:
    from tflint_grad.engine import FileReport
    from tflint_grad.source import SourceText

_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.ADVICE: "bold cyan",
}
_VERDICT_STYLES = {"confirmed": "bold", "refuted": "bold green", "inconclusive": "dim"}
_MARGIN = "blue"
#: An expression longer than this is shown by its first lines.
_MOST_ROWS = 6
#: A generated line is cut here; the caret is what matters.
_MOST_COLUMNS = 300


def write_full(reports: Sequence[FileReport], stream: TextIO) -> None:
    """Print all findings; `rich` sees to colours, and to their absence where they are unwanted."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for report in reports:
        for finding in report.findings:
            for line in finding_lines(finding, report.sources):
                console.print(line)
            console.print()


def finding_lines(finding: Finding, sources: Mapping[str, SourceText]) -> Iterator[Text]:
    """The lines that tell one finding; `sources` by the names that the finding gives to files."""
    style = _STYLES[finding.severity]
    source = sources.get(finding.filename)
    yield Text.assemble(
        (spot(finding.filename, finding.location, source), "bold"),
        ": ",
        (finding.code, style),
        f" {printable(finding.message)}",
    )
    rows = [_shown_row(source, row) for row in (finding.location.row, finding.end_location.row)]
    rows += [_shown_row(sources.get(s.filename), s.location.row) for s in finding.trace]
    width = max(len(str(row)) for row in rows)
    label = f"{finding.severity}: {finding.consequence}, {finding.confidence}"
    if finding.severity is Severity.ADVICE:
        label = "advice"
    if source is not None and source.line(finding.location.row):
        yield _margin(width)
        yield from _marked(source, finding.location, finding.end_location, label, style, width)
        yield _margin(width)
    shown_above = (finding.filename, finding.location.row)
    for number, step in enumerate(finding.trace, start=1):
        there = sources.get(step.filename)
        place = spot(relative(step.filename), step.location, there)
        yield Text.assemble(
            (" " * width + " = ", _MARGIN),
            f"{number}. {printable(step.message)} ",
            (f"({place})", "dim"),
        )
        if there is not None and (step.filename, step.location.row) != shown_above:
            yield _code_line(there, step.location.row, width)
    if finding.verdict is not None:
        yield Text.assemble(
            (" " * width + " = ", _MARGIN),
            (printable(finding.verdict.told()), _VERDICT_STYLES[str(finding.verdict.status)]),
        )


def _marked(
    source: SourceText, start: Location, end: Location, label: str, style: str, width: int
) -> Iterator[Text]:
    """The lines of the reported expression, each underlined; the last one with the label."""
    last = min(max(end.row, start.row), start.row + _MOST_ROWS - 1)
    for row in range(start.row, last + 1):
        line = source.line(row)
        left = start.column if row == start.row else len(line) - len(line.lstrip()) + 1
        right = end.column if row == end.row else len(line) + 1
        yield _code_line(source, row, width)
        before = cell_len(_code(line[: left - 1]))
        length = max(cell_len(_code(line[left - 1 : right - 1])), 1)
        if before > _MOST_COLUMNS:
            continue
        carets = "^" * min(length, _MOST_COLUMNS - before)
        told = f" {label}" if row == last else ""
        yield Text.assemble((" " * width + " | ", _MARGIN), " " * before, (carets + told, style))


def _code_line(source: SourceText, row: int, width: int) -> Text:
    code = _code(source.line(row))
    if len(code) > _MOST_COLUMNS:
        code = code[:_MOST_COLUMNS] + "…"
    number = f"{_shown_row(source, row):{width}} | "
    return Text.assemble((number, _MARGIN), code.rstrip())


def _margin(width: int) -> Text:
    return Text(" " * width + " |", style=_MARGIN)


def _code(text: str) -> str:
    """Code as it is shown: a tab is four columns wide, control characters are spelled out."""
    return printable(text.replace("\t", "    "))


def _shown_row(source: SourceText | None, row: int) -> int:
    return source.cells.locate(row)[1] if source is not None and source.cells else row
