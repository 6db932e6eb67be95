"""Hands jobs to workers, watches over them, and ends them: no program under test outlives a run.

One thread, one loop. A worker is started once and plays many jobs; where one crashes, hangs or takes
too much memory it is replaced, and its job goes on behind the guilty entry.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tflint_grad.verify.devices import Device, NoSuchDevice, Wanted, spread
from tflint_grad.verify.processes import Child, how_it_ended, memory_limit, sessions_beyond
from tflint_grad.verify.scene import Entry, Job
from tflint_grad.verify.task import Task
from tflint_grad.verify.verdict import Verdict

#: TensorFlow's start, on a busy machine.
_START = 240.0
#: What a scene may take beyond its time, which it is told of first by a signal.
_GRACE = 5.0
#: How often memory is looked at.
_LOOK = 0.5
#: On a CPU one worker for so many findings; TensorFlow's start is dearer than they are.
_SHARE = 12
_MOST_WORKERS = 4


class NoTensorFlow(Exception):
    """TensorFlow is there, and does not start; told in one line."""


@dataclass
class _Worker:
    """A child process, with what it does now."""

    child: Child
    wanted: Wanted
    deadline: float
    device: Device | None = None
    tensorflow: str = ""
    task: Task | None = None

    @property
    def is_idle(self) -> bool:
        return self.device is not None and self.task is None


class Supervisor:
    """One run. Use `supervise`."""

    def __init__(
        self,
        jobs: Sequence[Job],
        wanted: Wanted,
        workers: int | None,
        progress: Callable[[int], None] | None,
        scratch: str,
    ) -> None:
        self._queue = deque(Task(job) for job in jobs)
        self._tasks = list(self._queue)
        self._wanted = wanted
        self._most = workers
        self._progress = progress
        self._scratch = scratch
        self._memory = memory_limit()
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._started = 0
        self._failures = 0
        self._looked = 0.0

    def run(self) -> dict[int, Verdict]:
        """All verdicts, by the number of the finding."""
        self._start(self._wanted)
        while self._queue or any(worker.task or not worker.device for worker in self._workers):
            self._give()
            for key, _ in self._selector.select(timeout=0.2):
                worker: _Worker = key.data
                if worker in self._workers:
                    self._listen(worker, key.fd)
            self._enforce()
            self._tell_progress()
        return {number: one for task in self._tasks for number, one in task.best.items()}

    def close(self) -> None:
        for worker in list(self._workers):
            self._end(worker)
        self._selector.close()

    # Workers

    def _start(self, wanted: Wanted) -> None:
        folder = os.path.join(self._scratch, f"worker-{self._started}")
        os.mkdir(folder)
        self._started += 1
        child = Child.start(wanted, self._memory, folder)
        worker = _Worker(child, wanted, time.monotonic() + _START)
        for descriptor in child.descriptors:
            self._selector.register(descriptor, selectors.EVENT_READ, worker)
        self._workers.append(worker)

    def _end(self, worker: _Worker) -> None:
        """Kill a worker and all that came of it."""
        self._workers.remove(worker)
        for descriptor in worker.child.descriptors:
            with contextlib.suppress(KeyError):
                self._selector.unregister(descriptor)
        worker.child.end()

    def _replace(self, worker: _Worker, reason: str) -> None:
        """The worker is gone, or must go: its job goes on in another one."""
        task = worker.task
        self._end(worker)
        if task is not None:
            rest = task.interrupted(reason, str(worker.device or ""), worker.tensorflow)
            if rest is not None:
                task.job, task.begun, task.meant = rest, [], []
                self._queue.appendleft(task)
        if not any(one.is_idle for one in self._workers):
            starting = sum(one.device is None for one in self._workers)
            if len(self._queue) > starting:
                self._start(worker.wanted)

    def _start_others(self, first: Device, wanted: Wanted) -> None:
        """Once the first worker has told what there is."""
        most = self._most
        if most is None:
            findings = sum(len(task.job.questions) for task in self._tasks)
            share = 1 + (findings - 1) // _SHARE
            most = first.gpus if first.kind == "gpu" else min(_cores(), _MOST_WORKERS, share)
        for other in spread(wanted, first, min(most, len(self._tasks))):
            self._start(other)

    def _give(self) -> None:
        for worker in list(self._workers):
            if not self._queue:
                return
            if worker.is_idle:
                task = self._queue.popleft()
                worker.task = task
                worker.deadline = time.monotonic() + task.job.seconds + _START
                if not worker.child.write(json.dumps(task.job.as_json()).encode() + b"\n"):
                    worker.task = None
                    self._queue.appendleft(task)
                    self._replace(worker, "")

    # What they say

    def _listen(self, worker: _Worker, descriptor: int) -> None:
        lines = worker.child.read(descriptor)
        if lines is None and descriptor == worker.child.output:
            self._selector.unregister(descriptor)  # it may be closed long before the end
        elif lines is None:
            self._ended(worker)
        else:
            self._hear(worker, lines)

    def _hear(self, worker: _Worker, lines: list[bytes]) -> None:
        for line in lines:
            try:
                message = json.loads(line)
                self._understand(worker, message.pop("kind"), message)
            except (ValueError, KeyError, TypeError, AttributeError):
                self._replace(worker, "the program wrote into the verifier's own channel")
            if worker not in self._workers:
                return

    def _understand(self, worker: _Worker, kind: str, message: dict[str, Any]) -> None:
        task = worker.task
        match kind:
            case "ready":
                is_first = self._started == 1
                worker.device = Device(
                    message["kind_of"], message["index"], message["model"], message["gpus"]
                )
                worker.tensorflow = message["tensorflow"]
                self._failures = 0
                if is_first:
                    self._start_others(worker.device, worker.wanted)
                    if worker.wanted.index is None:
                        worker.wanted = Wanted(worker.device.kind, worker.device.index)
            case "unfit" if message["no_device"]:
                raise NoSuchDevice(message["reason"])
            case "unfit":
                raise NoTensorFlow(f"TensorFlow does not start: {message['reason']}")
            case "begin" if task is not None:
                task.begun.append(Entry(*message["entry"]))
                task.meant = message["numbers"]
                worker.deadline = time.monotonic() + task.job.seconds + _GRACE
            case "outcome" if task is not None:
                task.take(message["number"], Verdict.from_json(message["verdict"]))
            case "failed" if task is not None:
                reason = f"the verifier itself failed ({message['reason']})"
                task.interrupted(reason, str(worker.device or ""), worker.tensorflow)
            case "done":
                if task is not None:
                    task.finished(str(worker.device or ""), worker.tensorflow)
                worker.task = None
                if message["worn"]:
                    self._replace(worker, "")
            case _:
                raise ValueError(kind)

    def _ended(self, worker: _Worker) -> None:
        """Its end of the pipe is closed: it is dead, or will be."""
        code = worker.child.wait(2.0)
        if worker.device is None:
            self._failures += 1
            told = worker.child.last_words()
            if self._failures > 1 or self._started == 1:
                ending = told or how_it_ended(code)
                raise NoTensorFlow(f"TensorFlow does not start: {ending}")
        self._replace(worker, how_it_ended(code, worker.child.last_words()))

    def _enforce(self) -> None:
        """Time and memory."""
        now = time.monotonic()
        for worker in list(self._workers):
            if now > worker.deadline and (worker.task or worker.device is None):
                if worker.device is None:
                    raise NoTensorFlow(f"TensorFlow does not start within {_START:g} s")
                assert worker.task is not None
                seconds = worker.task.job.seconds
                self._replace(worker, f"took more than {seconds:g} s and had to be killed")
        if now - self._looked < _LOOK:
            return
        self._looked = now
        greedy = sessions_beyond(self._memory)
        for worker in list(self._workers):
            if worker.child.pid in greedy:
                self._replace(worker, f"took more than {self._memory / 2**30:.0f} GiB of memory")

    def _tell_progress(self) -> None:
        if self._progress is not None:
            self._progress(sum(task.done for task in self._tasks))


def supervise(
    jobs: Sequence[Job],
    wanted: Wanted = Wanted(),  # noqa: B008 (frozen)
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[int, Verdict]:
    """Play jobs in child processes; one verdict for each question, by its number.

    Args:
        workers: processes at most; by default one a GPU, or some for the cores there are.
        progress: called with the number of findings that are done.

    Raises:
        NoSuchDevice: TensorFlow does not see the wanted device.
        NoTensorFlow: it does not start.
    """
    if not jobs and wanted.kind != "gpu":
        return {}
    with _ended_in_order(), _scratch_folder() as scratch:
        supervisor = Supervisor(jobs, wanted, workers, progress, scratch)
        try:
            return supervisor.run()
        finally:
            supervisor.close()


def _cores() -> int:
    from tflint_grad.runs.many import available_cores

    return available_cores()


@contextlib.contextmanager
def _scratch_folder() -> Iterator[str]:
    folder = os.path.realpath(tempfile.mkdtemp(prefix="tflint-grad-"))
    try:
        yield folder
    finally:
        for here, folders, _ in os.walk(folder):  # a program may have locked its folders
            for name in folders:
                path = os.path.join(here, name)
                if not os.path.islink(path):
                    os.chmod(path, stat.S_IRWXU)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """A request to terminate takes the workers along, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    wanted = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
