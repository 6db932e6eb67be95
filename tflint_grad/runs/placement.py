"""From analyses to reports: where each finding is shown, which are told, and which are one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.findings import Finding, Severity, heavier
from tflint_grad.source.discovery import relative

if TYPE_CHECKING:
    from tflint_grad.config import Settings
    from tflint_grad.runs.analysis import Analysis
    from tflint_grad.source import SourceText

#: What one defect is told by: code, where it is shown, where its cause lies.
_Key = tuple[str, str, int, str, int]


@dataclass(frozen=True)
class FileReport:
    """What is told of one file.

    `sources` holds the texts of files by the names that findings give them. `traceback` is set where
    the linter itself failed; the run goes on, and ends with 2. `notes`: what the stated limits left
    out, for `--verbose`.
    """

    filename: str
    findings: list[Finding] = field(default_factory=list)
    sources: Mapping[str, SourceText] = field(default_factory=dict)
    traceback: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> SourceText | None:
        """The text of the file itself, where a finding speaks of it."""
        return self.sources.get(self.filename)


@dataclass(frozen=True)
class Placement:
    """What was asked for.

    Args:
        asked: the files, by absolute path; the names are those that the user gave them.
        settings: the settings of a file, by its name.
        keeps_silenced: tell what a `# noqa` drops as well.
    """

    asked: Mapping[str, str]
    settings: Callable[[str], Settings]
    keeps_silenced: bool = False

    def reports(self, analyses: Iterable[Analysis]) -> list[FileReport]:
        """One report for each analysis, sorted by name.

        A finding goes to the report of the file in which it is shown. The same defect found from
        several files is one finding, which has the tapes of all.
        """
        analyses = sorted(analyses, key=lambda analysis: self.name(analysis.path))
        found: dict[_Key, tuple[str, Finding]] = {}
        sources: dict[str, SourceText] = {}
        for analysis in analyses:
            own = self.name(analysis.path)
            for path, source in analysis.sources.items():
                sources.setdefault(self.name(path), source)
            for key, finding in self._told(analysis):
                if key in found:
                    own, known = found[key]
                    finding = heavier(known, finding)
                found[key] = own, finding
        by_report: dict[str, list[Finding]] = {}
        for own, finding in found.values():
            home = finding.filename if finding.filename in self._names else own
            by_report.setdefault(home, []).append(_counted(finding))
        return [
            FileReport(
                name := self.name(analysis.path),
                sorted(by_report.get(name, ()), key=Finding.sort_key),
                sources if name in by_report else {},
                analysis.traceback,
                analysis.notes,
            )
            for analysis in analyses
        ]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.asked.values())

    def name(self, path: str) -> str:
        """A file as the user called it, or relative to the current folder."""
        return self.asked.get(path) or relative(path)

    def _told(self, analysis: Analysis) -> Iterator[tuple[_Key, Finding]]:
        findings = analysis.findings
        if self.keeps_silenced:
            findings += analysis.silenced
        for finding in findings:
            named = finding.renamed(self.name)
            shown = named.shown_among(self._names.__contains__)
            if shown is None:
                continue  # nothing on the way was asked for: that file's own analysis tells it
            if analysis.traceback is None and not self._is_selected(shown, named.filename):
                continue
            key = (
                shown.code,
                shown.filename,
                shown.location.row,
                named.filename,
                named.location.row,
            )
            yield key, shown

    def _is_selected(self, finding: Finding, cause: str) -> bool:
        """By the settings of the file where it is shown; the cause's file may ignore it as well."""
        settings = self.settings(finding.filename)
        if finding.severity is Severity.ADVICE and not settings.first("advice", True):
            return False
        if not settings.selects(finding.code, finding.filename):
            return False
        return cause == finding.filename or not self.settings(cause).ignored_in_file(
            finding.code, cause
        )


def names_of(paths: Iterable[str]) -> dict[str, str]:
    """What `Placement` wants to know of files as the user names them."""
    return {os.path.abspath(path): path for path in paths}


def _counted(finding: Finding) -> Finding:
    if finding.spoiled < 2:
        return finding
    return replace(finding, message=f"{finding.message}; spoils {finding.spoiled} tapes")
