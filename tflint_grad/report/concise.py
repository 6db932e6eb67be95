"""One line a finding, as flake8 and editors know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from tflint_grad.report.place import printable, spot

if TYPE_CHECKING:
    from tflint_grad.engine import FileReport
    from tflint_grad.findings import Finding
    from tflint_grad.source import SourceText


def write_concise(reports: Sequence[FileReport], stream: TextIO) -> None:
    for report in reports:
        for finding in report.findings:
            stream.write(concise_line(finding, report.sources.get(finding.filename)) + "\n")


def concise_line(finding: Finding, source: SourceText | None = None) -> str:
    """`train.py:14:12: TFG201 np.exp(...) takes 'h' out of TensorFlow: …`, verified `… [confirmed]`"""
    place = spot(finding.filename, finding.location, source)
    line = f"{place}: {finding.code} {printable(finding.message)}"
    if finding.verdict is not None:
        line += f" [{printable(finding.verdict.in_short())}]"
    return line
