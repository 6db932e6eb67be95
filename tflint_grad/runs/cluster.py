"""A Dask cluster that exists already: `--executor dask://HOST:PORT`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Any

from tflint_grad.config import UsageError
from tflint_grad.runs.analysis import Analysis
from tflint_grad.runs.batches import Batch
from tflint_grad.runs.executors import Given
from tflint_grad.runs.stamp import stamp

SCHEME = "dask://"
#: Seconds to wait for the scheduler, and for its first worker.
_PATIENCE = 8


class Cluster(Given):
    """Tasks go through the client's own executor; Dask gives those of a lost worker to others.

    The files of a project that have to be sent are scattered once, to all workers of that time;
    those that come later get them from these.
    """

    def __init__(self, executor: Any, asked: frozenset[str] = frozenset()) -> None:
        super().__init__(executor, asked)
        self._client = executor._client  # which it does not give away otherwise
        self._scattered: dict[tuple[str, ...], Any] = {}

    def submit(self, batch: Batch) -> Future[list[Analysis]]:
        if self._client.status not in ("running", "connecting"):
            raise UsageError("--executor: the connection to the Dask scheduler is lost")
        return super().submit(batch)

    def _content(self, roots: tuple[str, ...]) -> Any:
        content = super()._content(roots)
        if content is None:
            return None
        sent = self._scattered.get(roots)
        if sent is None or sent.status != "finished":  # the workers that had it are gone
            sent = self._client.scatter(content, broadcast=True, hash=False)
            self._scattered[roots] = sent
        return sent


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """The executor of a client of the scheduler at `dask://HOST:PORT`, whose workers are as we are.

    Raises:
        UsageError: there is no such scheduler, it has no workers, or they have another version of
            tflint-grad, libcst or Python: what they find would not be what is found here.
    """
    if not address.startswith(SCHEME) or ":" not in address.removeprefix(SCHEME):
        raise UsageError(f"--executor: {address!r} is not of the form {SCHEME}HOST:PORT")
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            f"--executor: {error.name or 'distributed'} is missing; install 'tflint-grad[dask]'"
        ) from None
    place = "tcp://" + address.removeprefix(SCHEME)
    try:
        asyncio.run(_shake_hands(place))
        client: Any = distributed.Client(  # type: ignore[no-untyped-call]
            place, timeout=_PATIENCE, set_as_default=False
        )
    except Exception as error:  # whatever an answer that is not Dask's looks like to Dask
        raise UsageError(f"--executor: {address}: no Dask scheduler answers") from error
    with _silence(), client:
        _check_workers(client, address)
        yield client.get_executor(pure=False)


async def _shake_hands(place: str) -> None:
    """Raise where no scheduler answers: a client would wait forever for what listens and is none."""
    from distributed.comm.core import connect

    connecting = connect(place, timeout=_PATIENCE)  # type: ignore[no-untyped-call]
    comm: Any = await asyncio.wait_for(connecting, _PATIENCE)
    comm.abort()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Dask logs what it does about lost connections; what came of it is ours to tell."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
        stamps = client.run(stamp)
    except TimeoutError:
        raise UsageError(f"--executor: {address}: the scheduler has no workers") from None
    except Exception as error:
        raise UsageError(f"--executor: {address}: the workers cannot lint: {error}") from error
    for worker, theirs in sorted(stamps.items()):
        if theirs != stamp():
            raise UsageError(
                f"--executor: {worker} has another version of tflint-grad, libcst or Python"
            )
