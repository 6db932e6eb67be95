"""A progress bar on the terminal, once a run takes longer than a second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 1.0


def with_progress(names: Sequence[str]) -> Iterator[str]:
    """Yield the names; from the second second on show how many are done."""
    start = time.monotonic()
    bar: Progress | None = None
    try:
        for done, name in enumerate(names):
            if bar is None and time.monotonic() - start > _PATIENCE:
                bar = _bar()
                task = bar.add_task("linting", total=len(names))
                bar.start()
            if bar is not None:
                bar.update(task, completed=done)
            yield name
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
