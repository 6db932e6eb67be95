"""What the tapes of one file show, whatever was asked for and whatever is selected."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
from tflint_grad.source import Relevance, SourceText

if TYPE_CHECKING:
    import ast

    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.project import Dependencies, Project

_UNREADABLE_NAME = "unreadable-file"


@dataclass(frozen=True)
class Analysis:
    """The findings of one file, with all files named by their absolute paths.

    `silenced` are the findings that a `# noqa` drops: at the cause, or at a call on the way to it.
    `sources`: the texts of the files that findings name. `notes`: what the stated limits left out.
    `digest` tells the text that was analysed, `seen` what else that depended on; without them the
    analysis is not worth remembering, or must not be.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    silenced: tuple[Finding, ...] = ()
    sources: Mapping[str, SourceText] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    traceback: str | None = None
    digest: str = ""
    seen: Dependencies | None = None


def analyse(
    source: SourceText, project: Project, taught: Taught, tree: ast.Module | None = None
) -> Analysis:
    """Analyse a file; an error of the linter's own is told as a finding of that file.

    Args:
        tree: the syntax of the source, where flake8 has parsed it already.
    """
    source = replace(source, filename=os.path.abspath(source.filename))
    if source.relevance_with(taught.roots) is Relevance.NONE:
        return Analysis(source.filename)
    try:
        return _analyse(source, project, taught, tree)
    except (RecursionError, MemoryError):  # how much there was is not the file's alone
        too_deep = Unreadable("nested too deeply to be followed", severity=Severity.WARNING)
        return refused(source.filename, too_deep)
    except Exception as error:  # whatever it is, the other files are to be linted
        return failed(source.filename, error)


def _analyse(
    source: SourceText, project: Project, taught: Taught, tree: ast.Module | None
) -> Analysis:
    from tflint_grad.knowledge import table
    from tflint_grad.outline import outline
    from tflint_grad.rules import check

    path, notes = source.filename, tuple[str, ...]()
    with project.recording() as seen, table.of_version(taught.tensorflow):
        try:
            outlined = outline(
                source,
                tree,
                False,
                taught.roots,
                taught.breaks,
                project.imported_outline,
                project.outline_to_mark,
            )
            found = check(outlined, None, project, taught) if outlined.matters else []
            notes = tuple(outlined.cut_short)
        except Unreadable as problem:
            found = [unreadable(path, problem)]
        sources = sources_of(source, found, project)
    findings, silenced = list[Finding](), list[Finding]()
    if found:
        from tflint_grad.noqa import Comments

        comments = Comments(sources)
        for finding in sorted(found, key=Finding.sort_key):
            (silenced if comments.drop(finding) else findings).append(finding)
    return Analysis(
        path, tuple(findings), tuple(silenced), sources, notes, None, digest_of(source), seen
    )


def sources_of(
    source: SourceText, findings: Iterable[Finding], project: Project
) -> dict[str, SourceText]:
    """The texts of the files that the findings of one name, as they were analysed, by path."""
    own = os.path.abspath(source.filename)
    found = {}
    for path in _named_files(findings):
        text = replace(source, filename=own, data=b"") if path == own else project.text(path)
        if text is not None:
            found[path] = text
    return found


def _named_files(findings: Iterable[Finding]) -> list[str]:
    """The files that findings name, each once, sorted."""
    named = set[str]()
    for finding in findings:
        named.add(finding.filename)
        named.update(site.filename for site in finding.callers)
        named.update(step.filename for step in finding.trace)
    return sorted(named)


def digest_of(source: SourceText) -> str:
    """What tells texts apart; line ends and encodings make no difference to findings."""
    import hashlib  # loads OpenSSL: only for files that matter

    data = source.text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def refused(path: str, problem: Unreadable) -> Analysis:
    """The analysis of a file that cannot be analysed."""
    return Analysis(os.path.abspath(path), (unreadable(os.path.abspath(path), problem),))


def failed(path: str, error: Exception) -> Analysis:
    """The analysis of a file on which the linter itself failed; to be called where it is caught."""
    import traceback

    path = os.path.abspath(path)
    told = "".join(traceback.format_exception(error))
    return Analysis(path, (internal_error(path, error),), traceback=told)


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
