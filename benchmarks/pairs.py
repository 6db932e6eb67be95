"""Commands measured in turn, A B A B, by the CPU time of their processes."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Command = Sequence[str]


@dataclass(frozen=True)
class Cost:
    """One run of a command; `mebibytes` is its peak."""

    seconds: float
    mebibytes: float
    code: int


def cost(command: Command, folder: Path | None = None) -> Cost:
    """Run a command to its end; what it prints is thrown away, what it finds is its business."""
    process = subprocess.Popen(
        list(command), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        # flake8 and we say 1 for findings; whatever else ends a run is no measurement.
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)


@dataclass(frozen=True)
class Comparison:
    """Two commands in turn: medians of either, of their ratio and of their difference."""

    first: float
    second: float
    ratio: float
    difference: float
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
        max(one.mebibytes for one, _ in pairs),
        max(other.mebibytes for _, other in pairs),
    )
