"""Lints files one by one beside a bare parse of each, in one process; prints JSON.

Run in the environment that has tflint-grad:  python per_file.py ROUNDS < list-of-files
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import libcst

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_file, rare_collections
from tflint_grad.source.prefilter import Relevance, relevance


def measured(path: str, rounds: int) -> dict[str, object] | None:
    """CPU seconds of our lint and of `libcst.parse_module`, for a file that we look at."""
    data = Path(path).read_bytes()
    if (kind := relevance(data)) is Relevance.NONE:
        return None
    settings = SettingsFinder(isolated=True).for_path(path)
    ours, theirs, codes = [], [], set[str]()
    try:
        for _ in range(rounds):
            start = time.process_time()
            report = lint_file(path, settings)
            middle = time.process_time()
            if report.traceback:
                # A failure is quick: timed as if it were a lint, it would flatter us.
                raise SystemExit(f"{path}: {report.traceback}")
            libcst.parse_module(data)
            ours.append(middle - start)
            theirs.append(time.process_time() - middle)
            codes = {finding.code for finding in report.findings}
        if "TFG000" in codes:  # passed over, not analysed
            return None
    except (libcst.ParserSyntaxError, SyntaxError):
        return None
    return {
        "path": path,
        "asks": kind is Relevance.ANCHORED,
        "rows": data.count(b"\n"),
        "findings": sorted(codes),
        "ours": statistics.median(ours),
        "parse": statistics.median(theirs),
    }


def main() -> None:
    rounds = int(sys.argv[1])
    files = sys.stdin.read().splitlines()
    with rare_collections():
        results = [result for path in files if (result := measured(path, rounds))]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
