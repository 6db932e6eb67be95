"""How often each rule was found, and the line that sums up a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tflint_grad.findings import Severity

if TYPE_CHECKING:
    from tflint_grad.engine import FileReport

_NOUNS = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.ADVICE: ("piece of advice", "pieces of advice"),
}

_VERDICTS = ("confirmed", "refuted", "inconclusive")


def statistics(reports: Sequence[FileReport]) -> str:
    """One line a code, the most frequent first."""
    counts = Counter(
        (finding.code, finding.name) for report in reports for finding in report.findings
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(f"{count:6}  {code}  {name}" for (code, name), count in ordered)


def summary(reports: Sequence[FileReport]) -> str:
    """`Found 2 errors and 1 warning in 1 of 12 files.`"""
    files = _plural(len(reports), "file", "files")
    counts = Counter(finding.severity for report in reports for finding in report.findings)
    if not counts:
        return f"No gradient pitfalls found in {files}."
    told = [
        _plural(counts[severity], *_NOUNS[severity])
        for severity in sorted(Severity, reverse=True)
        if counts[severity]
    ]
    listed = " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
    touched = sum(1 for report in reports if report.findings)
    return f"Found {listed} in {touched} of {files}."


def verdict_table(reports: Sequence[FileReport]) -> str:
    """How many findings of each rule were confirmed, refuted, or neither; empty without verdicts."""
    counts: dict[str, Counter[str]] = {}
    for report in reports:
        for finding in report.findings:
            if finding.verdict is not None:
                counts.setdefault(finding.code, Counter())[str(finding.verdict.status)] += 1
    if not counts:
        return ""
    rows = [(code, counts[code]) for code in sorted(counts)]
    rows.append(("total", sum(counts.values(), Counter())))
    lines = ["".join(["verdicts", *(f"{word:>14}" for word in _VERDICTS)])]
    for name, count in rows:
        lines.append("".join([f"{name:8}", *(f"{count[word] or '-':>14}" for word in _VERDICTS)]))
    return "\n".join(lines)


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
