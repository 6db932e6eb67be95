"""Run fixtures by hand: python -m tests.harness [--record] [PATH …]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.harness import ledger, unaided
from tests.harness.execute import execute
from tests.harness.fixture import Fixture, every_fixture
from tflint_grad.verify.observation import Observations, Place


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.harness", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="fixtures, or folders of them")
    parser.add_argument("--record", action="store_true", help="keep the verdicts of what passes")
    parser.add_argument("--verbose", "-v", action="store_true", help="show what was seen")
    arguments = parser.parse_args()
    chosen = [Fixture(path.resolve()) for path in _files(arguments.paths)] or every_fixture()
    passed = ledger.held() if arguments.record else {}
    if arguments.record:
        passed = {
            one.identity: passed[one.identity] for one in every_fixture() if one.identity in passed
        }
        chosen = [one for one in chosen if passed.get(one.identity) != ledger.key(one)]
    alone = unaided.complaints([one for one in chosen if unaided.is_verified(one)])
    failures = 0
    for fixture, complaints, seen in execute(chosen):
        complaints += alone.get(fixture.identity, [])
        print(f"{'FAIL' if complaints else 'ok  '} {fixture.identity}", flush=True)
        for complaint in complaints:
            print(f"     {complaint}")
        if seen is not None and (arguments.verbose or complaints):
            _show(seen)
        failures += bool(complaints)
        passed.pop(fixture.identity, None)
        if not complaints:
            passed[fixture.identity] = ledger.key(fixture)
    print(f"{len(chosen)} executed, {failures} failed")
    if arguments.record:
        ledger.record(passed)
    return 1 if failures else 0


def _files(paths: list[Path]) -> list[Path]:
    files = []
    for path in paths:
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


def _rows(places: list[Place]) -> str:
    return f"rows {[row for _, row in places]}"


def _show(seen: Observations) -> None:
    for call in seen.gradients:
        print(f"       row {call.place[1]}: {call.method} -> {call.error or call.outcomes}")
    for error in seen.raised:
        print(f"       {error.kind} through {_rows(error.places)}: {error.message[:160]!r}")
    for claim in seen.claims:
        print(f"       row {claim.place[1]}: {claim.kind} {claim.reason}")
    for tape in seen.tapes:
        print(f"       {tape}")
    if seen.conversions:
        print(
            f"       taken to the host, by row: { {row: n for (_, row), n in seen.conversions.items()} }"
        )
    for (_, row), text in seen.warnings:
        print(f"       row {row}: TensorFlow says: {text[:120]}")
    print(f"       {seen.seconds} s")


if __name__ == "__main__":
    sys.exit(main())
