"""Lints files one after the other beside a bare parse of each, in one process; prints JSON.

Run in the environment that has tflint-grad:  python per_file.py ROUNDS < list-of-files
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import libcst

from tflint_grad.config import SettingsFinder
from tflint_grad.engine import lint_file, rare_collections
from tflint_grad.runs.projects import Projects
from tflint_grad.source.prefilter import Relevance, relevance


class Measured:
    """What is known of a file that we look at, and its CPU seconds in each round."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data
        self.settings = SettingsFinder(isolated=True).for_path(path)
        self.ours: list[float] = []
        self.parse: list[float] = []
        self.codes = set[str]()

    def measure(self, projects: Projects) -> None:
        """One lint of ours, then one `libcst.parse_module`."""
        start = time.process_time()
        report = lint_file(self.path, self.settings, projects)
        middle = time.process_time()
        if report.traceback:
            # A failure is quick: timed as if it were a lint, it would flatter us.
            raise SystemExit(f"{self.path}: {report.traceback}")
        libcst.parse_module(self.data)
        self.ours.append(middle - start)
        self.parse.append(time.process_time() - middle)
        self.codes = {finding.code for finding in report.findings}

    def as_json(self) -> dict[str, object]:
        return {
            "path": self.path,
            "asks": relevance(self.data) is Relevance.ANCHORED,
            "rows": self.data.count(b"\n"),
            "findings": sorted(self.codes),
            "ours": statistics.median(self.ours),
            "parse": statistics.median(self.parse),
        }


def looked_at(paths: list[str]) -> Iterator[Measured]:
    for path in paths:
        data = Path(path).read_bytes()
        if relevance(data) is not Relevance.NONE:
            try:
                libcst.parse_module(data)
            except (libcst.ParserSyntaxError, SyntaxError):
                continue
            yield Measured(path, data)


def main() -> None:
    rounds = int(sys.argv[1])
    files = list(looked_at(sys.stdin.read().splitlines()))
    with rare_collections():
        for _ in range(rounds):
            projects = Projects()  # what one file makes be read serves the others, as in any run
            for file in files:
                file.measure(projects)
    passed_over = {"TFG000"}
    results = [file.as_json() for file in files if not passed_over & file.codes]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
