"""Child processes as the system sees them: started apart, read from, and ended with all that they made."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from tflint_grad.verify.devices import Wanted

_MARK = "TFLINT_GRAD_SCENE"
_LAST_WORDS = 4096
_CHUNK = 1 << 16
#: A message is never longer.
_MOST_PENDING = 1 << 24
#: What a worker and its children may take together: half of the machine, and not more than this.
_MOST_MEMORY = 16 << 30

#: The scratch folder, where the worker starts, is no place to import from; the user's own is one.
_START = (
    "import sys; sys.path.remove('') if '' in sys.path else None; sys.path += {places!r}; "
    "from tflint_grad.verify.worker import main; main()"
)


@dataclass
class Child:
    """A worker process in a session of its own, with its pipes."""

    process: subprocess.Popen[bytes]
    mark: str
    orders: int
    reports: int
    output: int
    _pending: bytes = b""
    _tail: bytes = field(default=b"")

    @classmethod
    def start(cls, wanted: Wanted, memory: int, folder: str) -> Child:
        """Start a worker in `folder`. It sees no terminal and reads nothing."""
        mark = secrets.token_hex(8)
        orders_end, orders = os.pipe()
        reports, reports_end = os.pipe()
        output, output_end = os.pipe()
        inner = (orders_end, reports_end)
        temporary = os.path.join(folder, "tmp")
        os.mkdir(temporary)
        environment = {
            **os.environ,
            **wanted.environment(),
            _MARK: mark,
            "TMPDIR": temporary,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "KERAS_BACKEND": "tensorflow",
            "MPLBACKEND": "Agg",  # nobody closes a window
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-c", _START.format(places=[_root(), os.getcwd()])]
        try:
            process = subprocess.Popen(
                [*command, *map(str, inner), str(wanted), str(memory)],
                stdin=subprocess.DEVNULL,
                stdout=output_end,
                stderr=output_end,
                pass_fds=inner,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        finally:
            for descriptor in (*inner, output_end):
                os.close(descriptor)
        os.set_blocking(reports, False)
        os.set_blocking(output, False)
        return cls(process, mark, orders, reports, output)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What to listen to."""
        return (self.reports, self.output)

    def read(self, descriptor: int) -> list[bytes] | None:
        """Whole messages; None where the process has closed its end. Of its output the end is kept."""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return []
        if not data:
            return None
        if descriptor == self.output:
            self._tail = (self._tail + data)[-_LAST_WORDS:]
            return []
        *lines, self._pending = (self._pending + data).split(b"\n")
        if len(self._pending) > _MOST_PENDING:
            return [b"too long"]
        return lines

    def write(self, data: bytes) -> bool:
        """Whether the process took it."""
        try:
            while data:
                data = data[os.write(self.orders, data) :]
        except BrokenPipeError:
            return False
        return True

    def last_words(self) -> str:
        """The last line that it wrote to its output."""
        for _ in range(16):
            if self.read(self.output) is None:
                break
        lines = self._tail.decode("utf-8", "replace").split("\n")
        words = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return words[:200]

    def wait(self, seconds: float) -> int | None:
        """How it ended; None where it lives on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> int | None:
        """Kill the process, its group, and what has left the group; how it ended, if it had."""
        code = self.process.poll()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        for _ in range(20):  # a fork may be under way
            left = self.left()
            if not left:
                break
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        for descriptor in (self.orders, self.reports, self.output):
            os.close(descriptor)
        return code

    def left(self) -> list[int]:
        """Linux: the processes that came of this one and live."""
        return marked(_MARK, self.mark)


def _root() -> str:
    """The folder that tflint_grad is imported from."""
    here = os.path.abspath(__file__)
    return os.path.dirname(os.path.dirname(os.path.dirname(here)))


def marked(name: str, mark: str) -> list[int]:
    """Linux: the processes that have a mark in their environment, zombies left out."""
    wanted = f"{name}={mark}".encode()
    found = []
    for pid in _processes():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as stream:
            if wanted in stream.read():
                found.append(pid)
    return found


def _processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def sessions_beyond(limit: int) -> set[int]:
    """Linux: the sessions whose processes hold more bytes together; empty where nobody tells.

    Resident bytes first, which are cheap to read; a fork holds the same pages as its parent, so what
    seems too much is counted again with each page shared out among those that hold it.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    sessions: dict[int, dict[int, int]] = {}  # resident bytes by process
    for pid in _processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{pid}/stat", "rb") as stream:
                # The name stands in parentheses and may hold anything; the session is the 6th
                # field, the resident pages are the 24th.
                fields = stream.read().rpartition(b")")[2].split()
            sessions.setdefault(int(fields[3]), {})[pid] = int(fields[21]) * page
    return {
        session
        for session, resident in sessions.items()
        if sum(resident.values()) > limit
        and sum(_proportional(pid, resident[pid]) for pid in resident) > limit
    }


def _proportional(pid: int, resident: int) -> int:
    """Bytes of a process, a page that several hold counted in parts; `resident` if nobody tells."""
    with (
        contextlib.suppress(OSError, ValueError, IndexError),
        open(f"/proc/{pid}/smaps_rollup", "rb") as stream,
    ):
        for line in stream:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return resident


def memory_limit() -> int:
    """Bytes that a worker may take."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(_MOST_MEMORY, total // 2)


def how_it_ended(code: int | None, last_words: str = "") -> str:
    """The end of a process in words."""
    if code is None:
        return "the program closed the verifier's own channel"
    if code >= 0:
        return f"the program ended its own process (exit status {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    told = {
        "SIGSEGV": "crashed: segmentation fault",
        "SIGABRT": "crashed: aborted",
        "SIGBUS": "crashed: bus error",
        "SIGILL": "crashed: illegal instruction",
        "SIGFPE": "crashed: arithmetic error",
        "SIGKILL": "was killed by the system",
    }.get(name, "was ended")
    words = f": {last_words}" if last_words and name == "SIGABRT" else ""
    return f"the program {told} ({name}){words}"
