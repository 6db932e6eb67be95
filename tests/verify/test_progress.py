"""The progress bar, on a real terminal: it counts scenes, and nothing of it stays."""

from __future__ import annotations

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from tests.verify.hostile import in_step

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="terminals")

LINT = [sys.executable, "-m", "tflint_grad", "--isolated", "--no-cache", "--verify"]
LINT += ["--output-format", "concise"]


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """All that a terminal is sent while the linter runs."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "300", "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment.pop("NO_COLOR", None)
        os.execve(LINT[0], [*LINT, *arguments], environment)
    said = b""
    while chunk := _read(terminal):
        said += chunk
    os.waitpid(pid, 0)
    os.close(terminal)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux: the other end is closed
        return b""


def screen(said: str) -> list[str]:
    """The lines that are left in the end, as a terminal understands what it is sent."""
    rows, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", said):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif part == "\x1b[2K":
            rows[row] = ""
        elif part.startswith("\x1b[") and part.endswith("A"):
            row = max(0, row - int(part[2:-1] or 1))
        elif not part.startswith("\x1b"):
            rows[row] = rows[row][:column].ljust(column) + part + rows[row][column + len(part) :]
            column += len(part)
    return [line for line in rows if line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes for one worker, each long enough to be looked at."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("first.py", "second.py"):
        (folder / name).write_text(in_step("import time\ntime.sleep(0.5)"))
    return folder


def test_a_bar_counts_the_findings_that_have_their_verdict_and_goes(folder: Path) -> None:
    said = on_a_terminal(folder, "--verify-jobs", "1", "first.py", "second.py")
    assert "verifying" in said
    counts = [int(count) for count in re.findall(r"(\d)/2", said)]
    assert counts == sorted(counts)
    assert {0, 1} <= set(counts)
    left = screen(said)
    assert len([line for line in left if line.endswith("[confirmed]")]) == 2
    assert not any("verifying" in line or "/2" in line for line in left)
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l"), "the cursor is shown again"


@pytest.mark.parametrize("arguments", [("--quiet", "first.py"), ("--", sys.executable, "-V")])
def test_there_is_none_where_silence_is_wanted_or_a_program_has_the_terminal(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    said = on_a_terminal(folder, *arguments)
    assert "verifying" not in said
    assert said
