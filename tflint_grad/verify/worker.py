"""A child process that plays scenes: jobs come in as JSON lines, what is seen goes out as such.

Both run over pipes that the program under test is not told of; its own output goes elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tflint_grad.verify.devices import Device, NoSuchDevice, Wanted, settle
from tflint_grad.verify.scene import Entry, Job
from tflint_grad.verify.verdict import Verdict

if TYPE_CHECKING:
    from tflint_grad.verify.player import Outcome

#: A file that a scene writes grows to this size at most.
_FILE_LIMIT = 1 << 30
_PR_SET_PDEATHSIG = 1
#: What a program may replace parts of, to the harm of the next one.
_GUARDED = frozenset({"tensorflow", "keras", "numpy"})
#: The members of modules and classes, by the name of those.
_Library = dict[str, dict[str, Any]]


class Channel:
    """Where messages go. A forked copy of this process finds it closed, and ends there."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._owner = os.getpid()
        os.set_inheritable(descriptor, False)
        os.register_at_fork(after_in_child=self._close)

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._descriptor)

    def send(self, kind: str, **content: Any) -> None:
        if os.getpid() != self._owner:
            os._exit(0)  # the program forked, and its child came back from the scene
        line = json.dumps({"kind": kind, **content}).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]


def main() -> None:
    """Arguments: the two descriptors, the device, the bytes of memory at most."""
    orders, reports = int(sys.argv[1]), int(sys.argv[2])
    wanted, memory = Wanted.parse(sys.argv[3]), int(sys.argv[4])
    os.set_inheritable(orders, False)
    _die_with_parent()
    channel = Channel(reports)
    try:
        import keras  # noqa: F401
        import tensorflow as tf

        device = settle(wanted, tf.config)
        import tflint_grad.verify.player  # noqa: F401
    except NoSuchDevice as error:
        channel.send("unfit", no_device=True, reason=str(error))
        os._exit(0)
    except BaseException as error:
        channel.send("unfit", no_device=False, reason=f"{type(error).__name__}: {error}")
        os._exit(0)
    _limit(device, memory)
    library = _library()
    # Each run ends with a full collection, which took nine tenths of its time: what is there now
    # stays for good, and need not be looked at.
    gc.collect()
    gc.freeze()
    channel.send("ready", kind_of=device.kind, index=device.index, model=device.model,
                 gpus=device.gpus, tensorflow=tf.__version__)  # fmt: skip
    home = os.getcwd()
    with open(orders, encoding="utf-8", closefd=False) as lines:
        for line in iter(lines.readline, ""):
            job = Job.from_json(json.loads(line))
            folder = os.path.join(home, f"job-{job.number}")
            os.makedirs(folder, exist_ok=True)
            os.chdir(folder)
            with _as_before(library) as after:
                sys.path += [folder for folder in job.search if folder not in sys.path]
                play(job, channel, device, tf.__version__)
                after.append(_what_is_left())
            os.chdir(home)
            channel.send("done", worn="".join(after))
    os._exit(0)  # whatever the program has registered for the end shall not run


def play(job: Job, channel: Channel, device: Device, tensorflow: str) -> None:
    """Play one job and tell what comes of it, as it becomes known."""
    import tensorflow as tf

    from tflint_grad.verify.player import Player

    def begin(entry: Entry, numbers: list[int]) -> None:
        channel.send("begin", entry=[entry.kind, entry.name], numbers=numbers)

    def tell(outcome: Outcome) -> None:
        answer = outcome.answer
        verdict = Verdict(
            status=answer.status,
            evidence=answer.evidence,
            reason=answer.reason,
            device=str(device),
            tensorflow=tensorflow,
            seconds=outcome.seconds,
            scene=outcome.scene,
        )
        channel.send("outcome", number=outcome.question.number, verdict=verdict.as_json())

    try:
        player = Player(job, device.gauges(tf))
        with device.placed():
            for outcome in player.play(begin):
                tell(outcome)
        player.loader.forget()
    except BaseException as error:
        channel.send(
            "failed", reason=f"{type(error).__name__}: {error}", traceback=traceback.format_exc()
        )


@contextlib.contextmanager
def _as_before(library: _Library) -> Iterator[list[str]]:
    """Give the process back as it was, as far as a program changes it in passing; what cannot be
    undone is told, and then the process must go."""
    path, argv, environment = list(sys.path), list(sys.argv), dict(os.environ)
    streams = (sys.stdin, sys.stdout, sys.stderr)
    threads = set(threading.enumerate())
    left: list[str] = []
    try:
        yield left
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.path[:], sys.argv[:] = path, argv
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.settrace(None)
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        if set(threading.enumerate()) - threads:
            left.append("threads left running")
        left += [f"{name} replaced" for name in _replaced(library)][:1]


def _what_is_left() -> str:
    """Child processes that still live; the dead ones are reaped."""
    try:
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return "child processes left running"
    except ChildProcessError:
        return ""


def _library() -> _Library:
    """The functions and classes of TensorFlow, Keras and NumPy, and the methods of those classes."""
    known: _Library = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in _GUARDED:
            continue
        members = {key: one for key, one in vars(module).items() if callable(one)}
        known[name] = members
        for key, one in members.items():
            if isinstance(one, type) and one.__module__ == name:
                known[f"{name}.{key}"] = dict(vars(one))
    return known


def _replaced(before: _Library) -> Iterator[str]:
    """What is another function now, and none of the library's own."""
    for name, members in before.items():
        owner: Any = sys.modules.get(name)
        if owner is None:
            module, _, key = name.rpartition(".")
            owner = vars(sys.modules[module]).get(key) if module in sys.modules else None
        if owner is None:
            continue
        now = vars(owner)
        for key, one in members.items():
            other = now.get(key)
            if other is one or other is None or not callable(other):
                continue
            home = (getattr(other, "__module__", None) or "").partition(".")[0]
            if home not in _GUARDED:
                yield f"{name}.{key}"


def _limit(device: Device, memory: int) -> None:
    """What the system itself can hold the process to."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, _FILE_LIMIT)
    if device.bounds_data and sys.platform == "linux":
        _lower(resource.RLIMIT_DATA, memory)


def _lower(limit: int, size: int) -> None:
    _, most = resource.getrlimit(limit)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (size, size))


def _die_with_parent() -> None:
    """Linux: be killed when the supervisor is, even where it had no time to say so."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
