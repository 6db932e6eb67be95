"""Others who analyse files for a run: puts batches together, and remembers what comes back."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Executor
from types import TracebackType
from typing import TYPE_CHECKING

from tflint_grad.runs.analysis import Analysis, digest_of
from tflint_grad.runs.batches import Batcher
from tflint_grad.runs.dispatch import Dispatch, Workplace

if TYPE_CHECKING:
    from tflint_grad.runs.memory import Memory
    from tflint_grad.runs.projects import Projects, ProjectSettings, Waiting


class Crew:
    """Takes files one by one and gives their analyses back in any order."""

    def __init__(self, place: Workplace, projects: Projects, memory: Memory | None) -> None:
        self._place, self._projects, self._memory = place, projects, memory
        self._batcher = Batcher(uuid.uuid4().hex)
        self._dispatch = Dispatch(place)
        self._settings: dict[str, ProjectSettings] = {}

    def add(self, file: Waiting) -> None:
        """Have a file analysed, with others of its folder."""
        path = os.path.abspath(file.source.filename)
        self._settings[path] = file.settings
        digest = root = ""
        if not self._place.shares_our_files:
            from tflint_grad.runs.shipping import root_of

            digest = digest_of(file.source)
            root = root_of(path, self._projects.of(file.settings))
        for batch in self._batcher.add(path, file.settings, file.weight, digest, root):
            self._dispatch.add(batch)

    def ready(self) -> Iterator[Analysis]:
        """What has come back by now; does not wait."""
        yield from map(self._kept, self._dispatch.ready())

    def rest(self) -> Iterator[Analysis]:
        """All that has not come back yet."""
        for batch in self._batcher.rest():
            self._dispatch.add(batch)
        yield from map(self._kept, self._dispatch.rest())

    def _kept(self, analysis: Analysis) -> Analysis:
        if self._memory is not None:
            self._memory.keep(analysis, self._settings[analysis.path])
        return analysis

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._place.close(at_once=kind is not None)


def workplace(jobs: int, executor: Executor | None, asked: frozenset[str]) -> Workplace | None:
    """Where files are analysed: by `executor`, else by processes; None where there can be none."""
    if executor is not None:
        from tflint_grad.runs.executors import given

        return given(executor, asked)
    try:
        from tflint_grad.runs.processes import Processes

        return Processes(jobs)
    except (OSError, NotImplementedError, ImportError):
        return None
