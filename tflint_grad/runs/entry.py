"""An analysis as it is kept: JSON, so that whoever can write to the cache can run nothing."""

from __future__ import annotations

import json
from typing import Any

from tflint_grad.findings import (
    Confidence,
    Consequence,
    Finding,
    Location,
    Severity,
    Site,
    TapePlace,
    TraceStep,
)
from tflint_grad.project import Dependencies
from tflint_grad.runs.analysis import Analysis


def packed(analysis: Analysis) -> bytes:
    """An analysis without the texts, which are on the disk."""
    seen = analysis.seen
    assert seen is not None
    content = {
        "findings": [_finding(finding) for finding in analysis.findings],
        "silenced": [_finding(finding) for finding in analysis.silenced],
        "notes": analysis.notes,
        "digest": analysis.digest,
        "files": seen.files,
        "probes": seen.probes,
        "queries": [[*asked, answer] for asked, answer in seen.queries.items()],
    }
    return json.dumps(content, separators=(",", ":")).encode()


def unpacked(data: bytes, path: str) -> Analysis | None:
    """The analysis of the file at `path`; None where the data are not those of one."""
    try:
        content = json.loads(data)
        queries = {
            (str(question), str(path), tuple(map(str, names))): answer
            for question, path, names, answer in content["queries"]
        }
        return Analysis(
            path,
            tuple(_read_finding(*fields) for fields in content["findings"]),
            tuple(_read_finding(*fields) for fields in content["silenced"]),
            notes=tuple(content["notes"]),
            digest=content["digest"],
            seen=Dependencies(dict(content["files"]), dict(content["probes"]), queries),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _finding(finding: Finding) -> list[Any]:
    return [
        finding.code,
        finding.name,
        finding.message,
        int(finding.severity),
        finding.confidence.value,
        finding.consequence.value,
        finding.filename,
        _place(finding.location),
        _place(finding.end_location),
        [[step.message, step.filename, *_place(step.location)] for step in finding.trace],
        finding.statement_rows,
        [
            [site.filename, _place(site.location), _place(site.end_location), site.statement_rows]
            for site in finding.callers
        ],
        [[tape.filename, *_place(tape.location), tape.is_written] for tape in finding.tapes],
    ]


def _place(location: Location) -> list[int]:
    return [location.row, location.column]


def _read_finding(
    code: str,
    name: str,
    message: str,
    severity: int,
    confidence: str,
    consequence: str,
    filename: str,
    start: list[int],
    end: list[int],
    trace: list[Any],
    rows: list[int] | None,
    callers: list[Any],
    tapes: list[Any],
) -> Finding:
    return Finding(
        code,
        name,
        message,
        Severity(severity),
        Confidence(confidence),
        Consequence(consequence),
        filename,
        Location(*start),
        Location(*end),
        tuple(TraceStep(told, where, Location(row, column)) for told, where, row, column in trace),
        None if rows is None else (rows[0], rows[1]),
        tuple(
            Site(where, Location(*first), Location(*last), (statement[0], statement[1]))
            for where, first, last, statement in callers
        ),
        tuple(
            TapePlace(where, Location(row, column), written)
            for where, row, column, written in tapes
        ),
    )
