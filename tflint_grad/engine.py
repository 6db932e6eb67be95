"""Lint files, texts and whole trees from Python: the functions that the front ends call.

libcst is imported only once a file's outline matters, the rest of `runs` only for what needs it.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from tflint_grad.findings import Severity, Unreadable
from tflint_grad.runs.analysis import Analysis, analyse, internal_error, refused, unreadable
from tflint_grad.runs.placement import FileReport, Placement, names_of
from tflint_grad.selection import UNREADABLE
from tflint_grad.source import SourceText, read_source, source_from_bytes

if TYPE_CHECKING:
    import ast
    from concurrent.futures import Executor

    from tflint_grad.config import Settings, SettingsFinder
    from tflint_grad.runs.projects import Projects


def lint_file(path: str, settings: Settings, projects: Projects | None = None) -> FileReport:
    """Lint a file of the disk by itself, following values into the files around it.

    Args:
        projects: what other files have made known, for calls that follow each other.
    """
    try:
        source = read_source(path, roots=settings.tape_openers)
    except Unreadable as problem:
        return _report(refused(path, problem), path, settings)
    return _lint(source, path, settings, projects)


def lint_bytes(
    data: bytes, settings: Settings, filename: str, projects: Projects | None = None
) -> FileReport:
    """Lint what came through a pipe, in place of the file of that name."""
    try:
        source = source_from_bytes(data, filename, roots=settings.tape_openers)
    except Unreadable as problem:
        return _report(refused(filename, problem), filename, settings)
    return _lint(source, filename, settings, projects, replaces_file=True)


def lint_source(
    source: SourceText,
    settings: Settings,
    tree: ast.Module | None = None,
    projects: Projects | None = None,
) -> FileReport:
    """Lint a text. `tree`: its syntax, where it has been parsed already."""
    return _lint(source, source.filename, settings, projects, tree)


def lint_files(
    paths: Sequence[str],
    finder: SettingsFinder | None = None,
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    cache: Settings | None = None,
    buffer: tuple[str, bytes] | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[FileReport]:
    """Lint many files together; one report for each, sorted by name.

    Args:
        paths: files, not folders (`source.discovery.find_files` finds those in folders).
        finder: the settings of each file; by default those of the nearest `pyproject.toml`.
        jobs: processes at most; a run below a stated size stays in one.
        executor: any executor; it gets the content of the files where it does not see them.
        cache: the settings that say where findings are remembered; by default nowhere.
        buffer: name and content of a text that stands for the file of that name.
        progress: called with the number of files that are done.

    Raises:
        UsageError: settings are wrong, or the executor cannot be used.
    """
    from tflint_grad.config import SettingsFinder
    from tflint_grad.runs.many import Run

    run = Run(finder or SettingsFinder(), jobs, cache, executor, progress)
    with rare_collections():
        return run.lint(paths, buffer)


def _lint(
    source: SourceText | None,
    filename: str,
    settings: Settings,
    projects: Projects | None,
    tree: ast.Module | None = None,
    replaces_file: bool = False,
) -> FileReport:
    if source is None:
        return FileReport(filename)
    from tflint_grad.runs.projects import Projects, ProjectSettings

    wanted = ProjectSettings.of(settings)
    project = (projects or Projects()).of(wanted)
    if replaces_file:
        project.put(os.path.abspath(filename), source.data)
    return _report(analyse(source, project, wanted.taught, tree), filename, settings)


def _report(analysis: Analysis, filename: str, settings: Settings) -> FileReport:
    (report,) = Placement(names_of([filename]), lambda _: settings).reports([analysis])
    return report


def fails(report: FileReport, settings: Settings) -> bool:
    """Whether the findings of a file make the run end with 1; a stated limit never does,
    nor what a run has refuted."""
    threshold = settings.fail_on
    return threshold is not None and any(
        finding.severity >= threshold
        and not finding.is_refuted
        and not (finding.code == UNREADABLE and finding.severity < Severity.ERROR)
        for finding in report.findings
    )


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage seldom: syntax trees are many objects and none of it is garbage."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


__all__ = [
    "FileReport",
    "fails",
    "internal_error",
    "lint_bytes",
    "lint_file",
    "lint_files",
    "lint_source",
    "rare_collections",
    "unreadable",
]
