"""Runs the command on one file as a user would, and measures what it takes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: The stated limits; what goes far beyond them is stopped, so that the tests end.
SECONDS = 5.0
MEBIBYTES = 600
_CPU_STOP = 30
_MEMORY_STOP = 3 * 2**30


@dataclass(frozen=True)
class Ending:
    """How the command ended on a file."""

    code: int
    findings: list[dict[str, Any]]
    stderr: str
    seconds: float  # of CPU time: the machine may be busy with other things
    mebibytes: float

    @property
    def is_defined(self) -> bool:
        """Findings or not, but neither a signal nor an error of the linter's own."""
        return self.code in (0, 1) and "internal error" not in str(self.findings)

    @property
    def unreadable(self) -> bool:
        return any(one["code"] == "TFG000" for one in self.findings)


def lint(data: bytes | str, folder: Path, *more: str) -> Ending:
    """Lint a file with this content, and more paths."""
    path = folder / "hostile.py"
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    command = [sys.executable, "-m", "tflint_grad", str(path), *more, "--isolated"]
    with (folder / "out").open("w+b") as out, (folder / "err").open("w+b") as err:
        process = subprocess.Popen(
            [*command, "--output-format", "json"],
            cwd=ROOT,
            stdout=out,
            stderr=err,
            preexec_fn=_limited,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        told, complaint = out.read().decode(), err.read().decode(errors="replace")
    findings = json.loads(told) if process.returncode in (0, 1) else []
    return Ending(
        process.returncode,
        findings,
        complaint,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
    )


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_STOP, _CPU_STOP + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_STOP, _MEMORY_STOP))


def check_ending(ending: Ending) -> None:
    """The promise for every file: under 5 s, under 600 MiB, no signal, no internal error."""
    assert ending.code >= 0, f"killed by signal {-ending.code}"
    assert ending.is_defined, f"exit code {ending.code}: {ending.findings} {ending.stderr[-2000:]}"
    assert ending.seconds < SECONDS, f"{ending.seconds:.1f} s"
    assert ending.mebibytes < MEBIBYTES, f"{ending.mebibytes:.0f} MiB"
