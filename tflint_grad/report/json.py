"""A list of objects for machines: `[]` when clean, rows and columns from 1, ends exclusive."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from tflint_grad.source.discovery import relative

if TYPE_CHECKING:
    from tflint_grad.engine import FileReport
    from tflint_grad.findings import Finding, Location
    from tflint_grad.source import SourceText


def write_json(reports: Sequence[FileReport], stream: TextIO) -> None:
    objects = [
        finding_object(finding, report.sources) for report in reports for finding in report.findings
    ]
    # ASCII only: safe in every encoding, and control characters come escaped.
    json.dump(objects, stream, indent=2)
    stream.write("\n")


def finding_object(
    finding: Finding, sources: Mapping[str, SourceText] = MappingProxyType({})
) -> dict[str, Any]:
    """A finding as JSON has it; in a notebook rows count within the cell, which is named."""

    def place(filename: str, location: Location) -> dict[str, int]:
        source = sources.get(filename)
        cells = source.cells if source is not None else None
        row = cells.locate(location.row)[1] if cells else location.row
        return {"row": row, "column": location.column}

    described: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "consequence": str(finding.consequence),
        "filename": finding.filename,
        "location": place(finding.filename, finding.location),
        "end_location": place(finding.filename, finding.end_location),
        "trace": [
            {
                "message": step.message,
                "filename": relative(step.filename),
                "location": place(step.filename, step.location),
            }
            for step in finding.trace
        ],
        "tapes": finding.spoiled,
        "fix": None,
        "verdict": None if finding.verdict is None else finding.verdict.as_json(),
    }
    own = sources.get(finding.filename)
    if own is not None and own.cells:
        described["cell"] = own.cells.locate(finding.location.row)[0]
    return described
