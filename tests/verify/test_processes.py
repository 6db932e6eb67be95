"""What processes hold: pages that a fork shares with its parent are counted once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tflint_grad.verify.processes import sessions_beyond

MIB = 1 << 20
HELD = 100 * MIB
#: Holds so much, forks so often, and waits until its input is closed.
PROGRAM = """\
import os, sys
held = bytearray(b"1") * {held}
for _ in range({forks}):
    if os.fork() == 0:
        {then}
        break
os.write(1, b"ready\\n")
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/smaps_rollup"), reason="the system does not tell of shared pages"
)


@contextmanager
def session(forks: int, then: str) -> Iterator[int]:
    program = PROGRAM.format(held=HELD, forks=forks, then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        for _ in range(forks + 1):
            assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("forks", "then", "beyond"),
    [
        (0, "pass", False),
        (3, "pass", False),
        (3, "held = bytearray(b'2') * len(held)", True),
    ],
    ids=["alone", "forks that share", "forks that hold their own"],
)
def test_a_session_is_beyond_a_limit_by_what_it_really_holds(
    forks: int, then: str, beyond: bool
) -> None:
    with session(forks, then) as leader:
        assert (leader in sessions_beyond(3 * HELD)) is beyond
        assert leader in sessions_beyond(HELD // 2)
