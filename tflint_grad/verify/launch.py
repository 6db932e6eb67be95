"""Runs the user's command as if we were not there: streams, terminal, signals, folder, exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tflint_grad.verify.processes import marked

#: As a shell tells of a program that a signal has ended.
_SIGNALLED = 128
#: As the command `timeout` tells of a program that it had to end.
_TIMED_OUT = 124
#: Between being asked to end and being killed.
_GRACE = 5.0
#: What is passed on. The terminal sends its own to both of us.
_FORWARDED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_FROM_KEYBOARD = ("SIGINT", "SIGQUIT")


class CannotRun(Exception):
    """The command does not start; told in one line."""


@dataclass(frozen=True)
class Ended:
    """How the program came to its end; the code is as a shell has it."""

    code: int
    timed_out: bool = False


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    seconds: float | None,
    mark: tuple[str, str],
) -> Ended:
    """Run to the end, or for so many seconds. By a variable, the mark, all that it started is known.

    The child stays in our process group, so that it is in the terminal's foreground as we are.

    Raises:
        CannotRun: there is no such program.
    """
    messenger = _Messenger()
    with messenger.listening():
        try:
            child = subprocess.Popen(command, env={**environment, mark[0]: mark[1]})
        except FileNotFoundError:
            raise CannotRun(f"{command[0]}: command not found") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotRun(f"{command[0]}: {reason}") from None
        messenger.serve(child)
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            _end(child, mark)
            return Ended(_TIMED_OUT, timed_out=True)
    return Ended(code if code >= 0 else _SIGNALLED - code)


class _Messenger:
    """Hands signals on to the child; what comes before it has started waits for it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def serve(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._waiting:
            child.send_signal(number)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        before = {}
        for name in _FORWARDED:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, self._forward)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _forward(self, number: int, frame: object) -> None:
        if signal.Signals(number).name in _FROM_KEYBOARD and _is_in_foreground():
            return
        if self._child is None:
            self._waiting.append(number)
        else:
            self._child.send_signal(number)


def _is_in_foreground() -> bool:
    """Whether what is typed at the terminal reaches us, and so the child as well."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _end(child: subprocess.Popen[bytes], mark: tuple[str, str]) -> None:
    """Ask the child to end, then kill it and all that came from it."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE)
    for pid in {child.pid, *marked(*mark)}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    child.wait()
