"""Verifies the bad fixtures as a user's `--verify` would: without tails, without markers.

python -m tests.harness.unaided [PATH …]           # verdicts, and how many of each kind
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.harness.fixture import Fixture, every_fixture
from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_files
from tflint_grad.findings import Finding
from tflint_grad.verify import scenes
from tflint_grad.verify.supervisor import supervise
from tflint_grad.verify.verdict import Status, Verdict

SECONDS = 30.0  # a scene, as by default


def is_verified(fixture: Fixture) -> bool:
    """Whether there is anything to verify in a fixture."""
    return fixture.is_bad and fixture.rule != "TFG000"


def verify(
    fixtures: Sequence[Fixture], folder: Path, workers: int = 1
) -> list[tuple[Fixture, Finding, Verdict]]:
    """Every finding that can have a verdict, with it. Copies of the fixtures go to `folder`."""
    copies: dict[str, Fixture] = {}
    for fixture in fixtures:
        path = folder / fixture.rule / fixture.path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fixture.source, "utf-8")
        copies[str(path)] = fixture
    reports = lint_files(sorted(copies), SettingsFinder(isolated=True))
    findings = [finding for report in reports for finding in report.findings]
    jobs = scenes.jobs(findings, list(copies), {}, SECONDS)
    verdicts = supervise(jobs, workers=workers)
    return [
        (copies[finding.filename], finding, verdicts[number])
        for number, finding in enumerate(findings)
        if number in verdicts
    ]


def complaints(fixtures: Sequence[Fixture]) -> dict[str, list[str]]:
    """By fixture: findings that are neither confirmed nor marked as those that nobody can confirm."""
    found: dict[str, list[str]] = {fixture.identity: [] for fixture in fixtures}
    with tempfile.TemporaryDirectory() as folder:
        for fixture, finding, verdict in verify(fixtures, Path(folder)):
            undecided = any(
                one.undecided and (one.row, one.code) == (finding.location.row, finding.code)
                for one in fixture.expectations
            )
            wanted = Status.INCONCLUSIVE if undecided else Status.CONFIRMED
            if verdict.status is not wanted:
                found[fixture.identity].append(
                    f"without its tail: row {finding.location.row}: {finding.code} {verdict.status}"
                    f" (not {wanted}): {verdict.evidence or verdict.reason}"
                )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.harness.unaided", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="fixtures, or folders of them")
    parser.add_argument("--all", action="store_true", help="show what is confirmed, too")
    arguments = parser.parse_args()
    chosen = [
        fixture
        for fixture in every_fixture()
        if is_verified(fixture)
        and (not arguments.paths or any(_is_in(fixture.path, path) for path in arguments.paths))
    ]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = verify(chosen, Path(folder))
    counts: Counter[Status] = Counter()
    for fixture, finding, verdict in found:
        counts[verdict.status] += 1
        if verdict.status is not Status.CONFIRMED or arguments.all:
            print(
                f"{verdict.status}: {fixture.identity}:{finding.location.row} {finding.code}"
                f" {finding.consequence}: {verdict.evidence or verdict.reason}"
                f" [{verdict.scene}, {verdict.seconds:.1f} s]"
            )
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    print(f"{len(found)} findings: {told}; {time.monotonic() - began:.0f} s")
    return 1 if counts[Status.REFUTED] else 0


def _is_in(path: Path, asked: Path) -> bool:
    return path.is_relative_to(asked.resolve())


if __name__ == "__main__":
    sys.exit(main())
