"""Commands measured in turn, A B A B, by the CPU time of their processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str]


@dataclass(frozen=True)
class Cost:
    """One run of a command: CPU time, the time that passed, and the peak of any of its processes."""

    seconds: float
    passed: float
    mebibytes: float
    code: int


def cost(command: Command, folder: Path | None = None) -> Cost:
    """Run a command to its end; what it prints is thrown away, what it finds is its business.

    Nothing is remembered from one run for the next, unless the command names a folder for that.
    """
    start = time.perf_counter()
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_CACHE_HOME": os.devnull},
    )
    _, status, usage = os.wait4(process.pid, 0)
    passed = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        # flake8 and we say 1 for findings; whatever else ends a run is no measurement.
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    seconds = usage.ru_utime + usage.ru_stime
    return Cost(seconds, passed, usage.ru_maxrss / 1024, process.returncode)


@dataclass(frozen=True)
class Comparison:
    """Two commands in turn: medians of either, of their ratio and of their difference."""

    first: float
    second: float
    ratio: float
    difference: float
    passed_ratio: float
    first_mebibytes: float
    second_mebibytes: float


def compared(
    first: Command, second: Command, rounds: int, folder: Path | None = None
) -> Comparison:
    """What the first costs against the second."""
    cost(first, folder)  # files and bytecode are in the cache from here on
    cost(second, folder)
    pairs = [(cost(first, folder), cost(second, folder)) for _ in range(rounds)]
    median = statistics.median
    return Comparison(
        median(one.seconds for one, _ in pairs),
        median(other.seconds for _, other in pairs),
        median(one.seconds / max(other.seconds, 1e-9) for one, other in pairs),
        median(one.seconds - other.seconds for one, other in pairs),
        median(one.passed / max(other.passed, 1e-9) for one, other in pairs),
        max(one.mebibytes for one, _ in pairs),
        max(other.mebibytes for _, other in pairs),
    )
