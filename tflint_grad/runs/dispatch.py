"""Hands batches to workers and collects what comes back, whatever dies on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from typing import Protocol

from tflint_grad.config import UsageError
from tflint_grad.runs.analysis import Analysis, failed
from tflint_grad.runs.batches import Batch
from tflint_grad.runs.worker import FilesMissing, analyse_batch

#: Waiting on a lock cannot be interrupted on every platform; so it is done in parts, in seconds.
_PATIENCE = 0.5
#: How often a batch is handed out that comes back undone.
_ATTEMPTS = 3


class Workplace(Protocol):
    """Where batches are analysed.

    `in_flight`: how many it should have at a time. `shares_our_files`: what it reads is what we
    read; if not, batches say what they hold.
    """

    in_flight: int
    shares_our_files: bool

    def submit(self, batch: Batch) -> Future[list[Analysis]]:
        """Begin. Raises BrokenExecutor where it cannot."""

    def ship(self, batch: Batch) -> None:
        """From now on send the files around this batch by content."""

    def reopen(self) -> None:
        """Start anew after it broke."""

    def close(self, at_once: bool = False) -> None:
        """End; `at_once`: whatever is still running."""


class WorkerDied(Exception):
    """The process that analysed a file died of it."""


class Dispatch:
    """Batches that wait, run, or have to be looked at one file at a time.

    Where a worker dies, nobody knows which of the files in flight it died of. These are analysed
    again, alone, one at a time; what kills a worker then is told as an error of that file. So each
    file comes back exactly once.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._waiting = deque[Batch]()
        self._suspects = deque[Batch]()
        self._running: dict[Future[list[Analysis]], Batch] = {}
        self._broken = self._hopeless = False

    def add(self, batch: Batch) -> None:
        self._waiting.append(batch)
        self._top_up()

    def ready(self) -> Iterator[Analysis]:
        """What has come back by now; does not wait."""
        for future in [future for future in self._running if future.done()]:
            yield from self._collected(future)
        self._top_up()

    def rest(self) -> Iterator[Analysis]:
        """Everything that has not come back yet."""
        while self._waiting or self._running:
            self._top_up()
            if self._hopeless:
                yield from self._here()
                return
            done, _ = wait(self._running, _PATIENCE, FIRST_COMPLETED)
            for future in done:
                yield from self._collected(future)
        while self._suspects:
            yield from self._alone(self._suspects.popleft())

    def _top_up(self) -> None:
        fresh = self._broken
        if self._broken:
            if self._running:
                return  # they fail, too: let them come back first
            self._workplace.reopen()
            self._broken = False
        while self._waiting and len(self._running) < self._workplace.in_flight:
            batch = self._waiting.popleft()
            try:
                self._running[self._workplace.submit(batch)] = batch
            except (BrokenExecutor, OSError):
                self._waiting.appendleft(batch)
                # Newly opened, and it still takes nothing: there are no processes to be had.
                self._hopeless = fresh
                self._broken = True
                return
            fresh = False

    def _collected(self, future: Future[list[Analysis]]) -> Iterator[Analysis]:
        batch = self._running.pop(future)
        try:
            yield from future.result()
        except UsageError:
            raise
        except FilesMissing:
            self._workplace.ship(batch)
            self._waiting.append(batch.again())
        except CancelledError:  # what it needed was lost with a worker: not its own fault
            lost = batch.attempt >= _ATTEMPTS
            (self._suspects if lost else self._waiting).extend(
                batch.singles() if lost else [batch.again()]
            )
        except Exception as error:  # of the executor: an error of ours on a file is no exception
            self._broken = self._broken or isinstance(error, BrokenExecutor)
            self._suspects.extend(batch.singles())

    def _here(self) -> Iterator[Analysis]:
        """What nobody else takes is analysed in this process."""
        while self._waiting:
            yield from analyse_batch(self._waiting.popleft())
        for batch in self._suspects:
            yield failed(batch.paths[0], WorkerDied("no process could be started to analyse it"))

    def _alone(self, batch: Batch) -> Iterator[Analysis]:
        if self._broken:
            self._workplace.reopen()
            self._broken = False
        try:
            future = self._workplace.submit(batch)
            while not wait([future], _PATIENCE).done:
                pass
            yield from future.result()
        except UsageError:
            raise
        except FilesMissing:
            self._workplace.ship(batch)
            self._suspects.append(batch.again())
        except Exception as error:
            self._broken = isinstance(error, BrokenExecutor)
            died = WorkerDied(f"the process that analysed it ended without a result ({error})")
            yield failed(batch.paths[0], died)
