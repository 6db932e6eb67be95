"""How findings are printed: `full` with the code and the way, `concise` in a line, `json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from tflint_grad.engine import FileReport


def write_report(reports: Sequence[FileReport], output_format: str, stream: TextIO) -> None:
    """Print all findings in the order given; each format is imported when it is used."""
    if output_format == "json":
        from tflint_grad.report.json import write_json

        write_json(reports, stream)
    elif any(report.findings for report in reports):
        if output_format == "concise":
            from tflint_grad.report.concise import write_concise

            write_concise(reports, stream)
        else:
            from tflint_grad.report.full import write_full

            write_full(reports, stream)
