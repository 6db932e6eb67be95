"""Any `concurrent.futures.Executor` of the caller's."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from typing import Any

from tflint_grad.project import Shipped
from tflint_grad.runs.analysis import Analysis
from tflint_grad.runs.batches import Batch
from tflint_grad.runs.processes import Processes
from tflint_grad.runs.shipping import contents
from tflint_grad.runs.worker import analyse_batch


class Given:
    """Batches go by name, and by content to workers that do not see the files.

    Args:
        asked: the files to lint; they are sent whatever they are called and wherever they lie.
    """

    #: How many workers there are is not known; this keeps a hundred busy.
    in_flight = 200
    shares_our_files = False

    def __init__(self, executor: Executor, asked: frozenset[str] = frozenset()) -> None:
        self._executor = executor
        self._asked = asked
        self._shipped: dict[tuple[str, ...], Shipped] = {}
        self._own: Processes | None = None

    def submit(self, batch: Batch) -> Future[list[Analysis]]:
        if self._own is not None:
            return self._own.submit(replace(batch, digests=()))
        try:
            return self._executor.submit(analyse_batch, batch, self._content(_roots(batch)))
        except RuntimeError as error:  # broken, or shut down
            raise BrokenExecutor(str(error)) from error

    def ship(self, batch: Batch) -> None:
        roots = _roots(batch)
        if roots not in self._shipped:
            self._shipped[roots] = Shipped(contents(roots, self._asked))

    def _content(self, roots: tuple[str, ...]) -> Any:
        """What the executor hands to a worker as the files below `roots`; None: none is needed."""
        return self._shipped.get(roots)

    def reopen(self) -> None:
        """It is not ours to open: what it leaves undone is done by a process of this machine."""
        if self._own is None:
            self._own = Processes(1)
        else:
            self._own.reopen()

    def close(self, at_once: bool = False) -> None:
        if self._own is not None:
            self._own.close(at_once)


def given(executor: Executor, asked: frozenset[str]) -> Given:
    """Hands batches to the executor in the way that suits it."""
    if type(executor).__module__.startswith("distributed."):
        from tflint_grad.runs.cluster import Cluster

        return Cluster(executor, asked)
    return Given(executor, asked)


def _roots(batch: Batch) -> tuple[str, ...]:
    return (batch.root, *batch.settings.src)
