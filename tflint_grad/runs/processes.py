"""Processes of this machine."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.context import BaseContext

from tflint_grad.runs.analysis import Analysis, analyse
from tflint_grad.runs.batches import Batch
from tflint_grad.runs.worker import analyse_batch
from tflint_grad.source import SourceText

#: Windows waits for no more handles at once.
_MOST_JOBS = 61 if sys.platform == "win32" else 512


class Processes:
    """A pool of processes, started anew when one of them dies.

    Raises:
        OSError, NotImplementedError, ImportError: this system has no such processes.
    """

    shares_our_files = True

    def __init__(self, jobs: int, start_method: str | None = None) -> None:
        self._jobs = min(jobs, _MOST_JOBS)
        self._start_method = start_method
        #: One in work and one in reserve for each.
        self.in_flight = 2 * self._jobs
        self._before = set(multiprocessing.active_children())
        self._pool = self._open()

    def _open(self) -> ProcessPoolExecutor:
        context = _context(self._start_method)
        if context.get_start_method() == "fork":
            _load()
        return ProcessPoolExecutor(self._jobs, mp_context=context, initializer=_begin)

    def submit(self, batch: Batch) -> Future[list[Analysis]]:
        try:
            return self._pool.submit(analyse_batch, batch)
        except RuntimeError as error:  # also what it raises where it cannot start a process
            raise BrokenExecutor(str(error)) from error

    def ship(self, batch: Batch) -> None:
        raise AssertionError("the files are on this machine")

    def reopen(self) -> None:
        self.close(at_once=True)
        self._pool = self._open()

    def close(self, at_once: bool = False) -> None:
        self._pool.shutdown(wait=not at_once, cancel_futures=True)
        if at_once:
            for process in set(multiprocessing.active_children()) - self._before:
                process.kill()


#: Small, and has of everything that is loaded when it is first needed.
_SAMPLE = """
import numpy as np
import tensorflow as tf

w = tf.Variable(1.0)
with tf.GradientTape() as tape:
    y = tf.reduce_sum(np.exp(w))
g = tape.gradient(y, w)
"""


def _load() -> None:
    """Analyse something: what that loads, forked processes inherit."""
    from tflint_grad.knowledge.taught import NOTHING_TAUGHT
    from tflint_grad.project import Project, Shipped

    analyse(SourceText.from_text(_SAMPLE, "sample.py"), Project(Shipped({})), NOTHING_TAUGHT)


def _context(start_method: str | None) -> BaseContext:
    """Forking is quick and inherits what is imported; but a fork of several threads may hang."""
    if start_method is None:
        forks = sys.platform == "linux" and threading.active_count() == 1
        start_method = "fork" if forks else "spawn"
    return multiprocessing.get_context(start_method)


def _begin() -> None:
    """Ctrl-C goes to all processes of a terminal; the first one ends the others, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
