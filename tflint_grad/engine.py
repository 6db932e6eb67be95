"""The way of one file: prefilter, outline, rules, selection, noqa. Pure but for reading the file.

libcst is imported by what `check` imports, hence only once a file's outline matters.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.findings import (
    Confidence,
    Consequence,
    Finding,
    Location,
    Severity,
    Unreadable,
)
from tflint_grad.selection import UNREADABLE
from tflint_grad.source import Relevance, SourceText, read_source, source_from_bytes

if TYPE_CHECKING:
    import ast

    from tflint_grad.config import Settings

_UNREADABLE_NAME = "unreadable-file"


@dataclass(frozen=True)
class FileReport:
    """What came of one file. `source` is kept where its lines will be shown.

    `traceback` is set where the linter itself failed; the run goes on, and ends with 2. `notes`:
    what the stated limits left out, for `--verbose`.
    """

    filename: str
    findings: list[Finding] = field(default_factory=list)
    source: SourceText | None = None
    traceback: str | None = None
    notes: tuple[str, ...] = ()


def lint_file(path: str, settings: Settings, filename: str | None = None) -> FileReport:
    """Lint a file of the disk."""
    shown = filename or path
    return _report(lambda: read_source(path, shown), shown, settings)


def lint_bytes(data: bytes, settings: Settings, filename: str) -> FileReport:
    """Lint what came through a pipe."""
    return _report(lambda: source_from_bytes(data, filename), filename, settings)


def lint_source(
    source: SourceText,
    settings: Settings,
    tree: ast.Module | None = None,
    notes: list[str] | None = None,
) -> list[Finding]:
    """All findings of a source, sorted. `tree`: its syntax, where flake8 has parsed it already.

    `notes` is filled with what the stated limits left out.

    Raises nothing for what the source holds; an error of the linter's own passes through.
    """
    findings = unfiltered_findings(source, settings, tree, notes)
    from tflint_grad.noqa import without_suppressed

    return without_suppressed(findings, source) if findings else findings


def unfiltered_findings(
    source: SourceText,
    settings: Settings,
    tree: ast.Module | None = None,
    notes: list[str] | None = None,
) -> list[Finding]:
    """As `lint_source`, with the findings that a `# noqa` drops."""
    if source.relevance is Relevance.NONE:
        return []
    try:
        return _analyse(source, settings, tree, notes)
    except Unreadable as problem:
        return _only_selected([unreadable(source.filename, problem)], settings)
    except (RecursionError, MemoryError):
        too_deep = Unreadable("nested too deeply to be followed", severity=Severity.WARNING)
        return _only_selected([unreadable(source.filename, too_deep)], settings)


def _analyse(
    source: SourceText,
    settings: Settings,
    tree: ast.Module | None,
    notes: list[str] | None = None,
) -> list[Finding]:
    from tflint_grad.outline import outline
    from tflint_grad.rules import RULES, check

    outlined = outline(source, tree)
    if not outlined.matters:
        return []
    codes = settings.selected(tuple(RULES), source.filename)
    findings = _only_selected(check(outlined, codes), settings)
    if notes is not None:
        notes.extend(outlined.cut_short)
    return sorted(findings, key=Finding.sort_key)


def _only_selected(findings: list[Finding], settings: Settings) -> list[Finding]:
    advice = settings.first("advice", True)
    return [
        finding
        for finding in findings
        if settings.selects(finding.code, finding.filename)
        and (advice or finding.severity is not Severity.ADVICE)
    ]


def _report(read: Callable[[], SourceText | None], filename: str, settings: Settings) -> FileReport:
    try:
        source = read()
        if source is None:
            return FileReport(filename)
        notes: list[str] = []
        findings = lint_source(source, settings, notes=notes)
        return FileReport(filename, findings, source if findings else None, notes=tuple(notes))
    except Unreadable as problem:
        return FileReport(filename, _only_selected([unreadable(filename, problem)], settings))
    except Exception as error:  # whatever it is, the other files are to be linted
        import traceback

        return FileReport(filename, [internal_error(filename, error)], None, traceback.format_exc())


def unreadable(filename: str, problem: Unreadable) -> Finding:
    """TFG000 for a file that cannot be analysed."""
    start = problem.location
    return Finding(
        code=UNREADABLE,
        name=_UNREADABLE_NAME,
        message=problem.message,
        severity=problem.severity,
        confidence=Confidence.PROVEN,
        consequence=Consequence.UNREADABLE,
        filename=filename,
        location=start,
        end_location=Location(start.row, start.column + 1),
    )


def internal_error(filename: str, error: Exception) -> Finding:
    """TFG000 for a file on which the linter itself failed; settings cannot silence it."""
    told = f"{type(error).__name__}: {error}".strip(": ")
    return unreadable(filename, Unreadable(f"internal error of tflint-grad on this file: {told}"))


def fails(report: FileReport, settings: Settings) -> bool:
    """Whether the findings of a file make the run end with 1; a stated limit never does."""
    threshold = settings.fail_on
    return threshold is not None and any(
        finding.severity >= threshold
        and not (finding.code == UNREADABLE and finding.severity < Severity.ERROR)
        for finding in report.findings
    )


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage seldom: syntax trees are many objects and none of it (10-25 % faster)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
