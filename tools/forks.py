"""Runs a piece of work in a forked child, because a wrong call may kill the process.

Forked before TensorFlow has started its threads, a child costs a few hundredths of a second.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from typing import Any

_MEMORY = 8 << 30
_FILES = 64 << 20


def in_child(
    work: Callable[[Callable[[Any], None]], None], limit_s: float
) -> tuple[list[Any], str]:
    """What `work` sent (JSON) before it ended, and how: 'done', 'killed by 6', 'over the time'."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work_and_exit(work, writing, limit_s)
    os.close(writing)
    messages, in_time = _read(reading, time.monotonic() + limit_s)
    os.close(reading)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not in_time:
        return messages, "over the time"
    if os.WIFSIGNALED(status):
        return messages, f"killed by signal {os.WTERMSIG(status)}"
    return messages, "done" if status == 0 else f"ended with {status}"


def _read(reading: int, end: float) -> tuple[list[Any], bool]:
    buffer = b""
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return _messages(buffer), False
        chunk = os.read(reading, 1 << 16)
        if not chunk:
            return _messages(buffer), True
        buffer += chunk


def _messages(buffer: bytes) -> list[Any]:
    return [json.loads(line) for line in buffer.split(b"\n")[:-1]]


def _work_and_exit(
    work: Callable[[Callable[[Any], None]], None], writing: int, limit_s: float
) -> None:
    code = 1
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILES, _FILES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        seconds = int(limit_s) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (4 * seconds, 4 * seconds))
        work(lambda message: _send(writing, message))
        code = 0
    finally:
        os._exit(code)


def _send(writing: int, message: Any) -> None:
    os.write(writing, json.dumps(message).encode() + b"\n")
