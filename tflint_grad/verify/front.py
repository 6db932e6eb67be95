"""`--verify` as the command line has it: reports go in, and come out with verdicts."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from tflint_grad.config import SettingsFinder, UsageError
from tflint_grad.engine import FileReport
from tflint_grad.findings import Finding, Severity, Unreadable
from tflint_grad.noqa import Comments
from tflint_grad.project.files import Disk
from tflint_grad.project.roots import search_path
from tflint_grad.rules.seen import Observed
from tflint_grad.runs.many import Run
from tflint_grad.source import read_source
from tflint_grad.verify import scenes
from tflint_grad.verify.command import run
from tflint_grad.verify.devices import NoSuchDevice, Wanted
from tflint_grad.verify.notebooks import as_scripts
from tflint_grad.verify.scene import Job
from tflint_grad.verify.supervisor import NoTensorFlow, supervise
from tflint_grad.verify.verdict import Verdict

SECONDS = 30.0

Progress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Verified:
    """The reports with their verdicts; `exit_code` is that of the user's program, if one ran."""

    reports: list[FileReport]
    exit_code: int = 0


@dataclass(frozen=True)
class Verification:
    """How to verify.

    `seconds` limit each scene, or the program; `progress` makes a bar for a number of findings.
    """

    finder: SettingsFinder
    device: Wanted = field(default_factory=Wanted)
    seconds: float | None = None
    workers: int | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if os.name != "posix":
            raise UsageError("--verify needs Linux or macOS")
        # Importing TensorFlow would take seconds, and this process shall stay without it.
        if importlib.util.find_spec("tensorflow") is None:
            raise UsageError("--verify needs TensorFlow: pip install 'tflint-grad[verify]'")

    def of_scenes(self, reports: Sequence[FileReport]) -> Verified:
        """Execute what the findings flag, scene by scene.

        Raises:
            UsageError: TensorFlow does not start, or does not see the device.
        """
        with as_scripts(reports) as scripts:
            jobs = self._jobs(reports, scripts)
            total = sum(len(job.questions) for job in jobs)
            try:
                if self.progress is not None and total:
                    with self.progress(total) as advance:
                        verdicts = supervise(jobs, self.device, self.workers, advance)
                else:
                    verdicts = supervise(jobs, self.device, self.workers)
            except (NoSuchDevice, NoTensorFlow) as error:
                raise UsageError(str(error)) from error
        return Verified(_with_verdicts(reports, verdicts))

    def _jobs(self, reports: Sequence[FileReport], scripts: Mapping[str, str]) -> list[Job]:
        """What to play; `scripts` stand for notebooks."""

        def name(file: str) -> str:
            return scripts.get(file, file)

        notebooks = {script: notebook for notebook, script in scripts.items()}
        findings = [finding.renamed(name) for report in reports for finding in report.findings]
        files = [name(report.filename) for report in reports]
        seconds = self.seconds or SECONDS
        return [
            replace(job, search=self._search(notebooks.get(job.file, job.file)))
            for job in scenes.jobs(findings, files, self._inputs(reports), seconds)
        ]

    def of_program(self, reports: Sequence[FileReport], command: list[str]) -> Verified:
        """Run the user's program with the probe inside, and without a limit unless there is one.

        Raises:
            UsageError: there is no such program.
        """
        findings = [finding for report in reports for finding in report.findings]
        told = run(
            command,
            findings,
            files=[one.filename for one in reports],
            device=self.device,
            seconds=self.seconds,
            silenced=_whatever_is_silenced,
        )
        verified = _with_observed(_with_verdicts(reports, told.verdicts), told.observed)
        return Verified([self._selected(report) for report in verified], told.exit_code)

    def _selected(self, report: FileReport) -> FileReport:
        """Without the observed findings that nobody wants to hear of."""
        settings = self.finder.for_path(report.filename)
        wanted = settings.selects(Observed.code, report.filename)
        comments = Comments(report.sources)
        findings = [
            finding
            for finding in report.findings
            if finding.code != Observed.code
            or (
                wanted
                and not comments.drop(finding)
                and (finding.severity > Severity.ADVICE or settings.first("advice", True))
            )
        ]
        return replace(report, findings=findings)

    def _search(self, file: str) -> tuple[str, ...]:
        """Where the modules lie that the analysis has found, too."""
        roots = search_path(os.path.abspath(file), Disk().listing, self.finder.for_path(file).src)
        return tuple(root.folder for root in roots if not root.only)

    def _inputs(self, reports: Sequence[FileReport]) -> Mapping[str, str]:
        """What the settings of the files say of inputs, all together."""
        inputs: dict[str, str] = {}
        for report in reports:
            given = self.finder.for_path(report.filename).first("verify")
            inputs.update(() if given is None else given.inputs)
        return inputs


def _whatever_is_silenced(files: Collection[str]) -> list[Finding]:
    """All findings of some files, whatever the settings and comments drop."""
    run = Run(SettingsFinder(isolated=True))
    found: list[Finding] = []
    for file in files:
        with contextlib.suppress(Unreadable):  # changed while the program ran
            source = read_source(file)
            if source is not None:
                found += run.lint_text(source, keeps_silenced=True).findings
    return found


def _with_verdicts(
    reports: Sequence[FileReport], verdicts: Mapping[int, Verdict]
) -> list[FileReport]:
    """`verdicts` by the number of the finding, counted through all reports."""
    told = []
    number = 0
    for report in reports:
        findings = []
        for finding in report.findings:
            findings.append(replace(finding, verdict=verdicts.get(number)))
            number += 1
        told.append(replace(report, findings=findings))
    return told


def _with_observed(reports: Sequence[FileReport], observed: Sequence[Finding]) -> list[FileReport]:
    """Add what only the run has shown to the reports of the files that it was seen in."""
    named = {os.path.abspath(report.filename): report for report in reports}
    for finding in observed:
        path = os.path.abspath(finding.filename)
        report = named.get(path) or FileReport(finding.filename)
        own = finding.renamed(
            lambda name: named[key].filename if (key := os.path.abspath(name)) in named else name
        )
        sources = dict(report.sources)
        if report.filename not in sources and (text := read_source(path)) is not None:
            sources[report.filename] = text
        named[path] = replace(
            report,
            findings=sorted([*report.findings, own], key=Finding.sort_key),
            sources=sources,
        )
    return list(named.values())
