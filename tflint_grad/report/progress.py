"""A progress bar on the terminal, once a run takes longer than a second."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 1.0


@contextlib.contextmanager
def progress_bar(total: int, doing: str = "linting") -> Iterator[Callable[[int], None]]:
    """A function to be told how many are done; from the second second on it shows."""
    start = time.monotonic()
    bar: Progress | None = None

    def advance(done: int) -> None:
        nonlocal bar
        if bar is None and time.monotonic() - start > _PATIENCE:
            bar = _bar()
            bar.add_task(doing, total=total)
            bar.start()
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
