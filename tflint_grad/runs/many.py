"""Many files: what is known is recalled, the rest is analysed here, in processes or elsewhere."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.runs.analysis import Analysis, analyse, refused
from tflint_grad.runs.placement import FileReport, Placement, names_of
from tflint_grad.source import SourceText, read_source, source_from_bytes

if TYPE_CHECKING:
    import ast
    from concurrent.futures import Executor

    from tflint_grad.config import Settings, SettingsFinder
    from tflint_grad.runs.crew import Crew
    from tflint_grad.runs.memory import Memory
    from tflint_grad.runs.projects import Projects, Waiting

#: Characters of files that ask for a gradient and are not remembered, about 5,000 lines: below it
#: other processes cost more than they save (`benchmarks/README.md`).
PAYS = 200_000


class Run:
    """One run over files.

    What only files that matter need is imported, and made, when the first of them comes.

    Args:
        finder: the settings of each file.
        jobs: processes at most; a run below `PAYS` stays in one.
        cache: the settings that say where findings are remembered; None: nowhere.
        executor: what analyses the files in place of processes of this machine.
        progress: called after each file with the number of those that are done.
    """

    def __init__(
        self,
        finder: SettingsFinder,
        jobs: int = 1,
        cache: Settings | None = None,
        executor: Executor | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.finder, self.jobs, self.executor, self.progress = finder, jobs, executor, progress
        self._cache = cache

    @cached_property
    def memory(self) -> Memory | None:
        """The cache of findings."""
        if self._cache is None:
            return None
        from tflint_grad.runs.memory import Memory

        return Memory.of(self._cache)

    @cached_property
    def projects(self) -> Projects:
        """What has been read of the files around those that are linted."""
        from tflint_grad.runs.projects import Projects

        return Projects(store=None if self.memory is None else self.memory.indexes)

    def lint(
        self, names: Sequence[str], buffer: tuple[str, bytes] | None = None
    ) -> list[FileReport]:
        """Lint the files of these names, and a buffer that stands for the file of its name.

        The reports are sorted by name, whoever has analysed what, and in which order.

        Raises:
            UsageError: settings are wrong, or the executor cannot be used.
        """
        found: list[Analysis] = []
        if buffer is not None:  # other processes would not see it: the run stays in this one
            self.jobs, self.executor = 1, None
            path = os.path.abspath(buffer[0])
            names = [name for name in names if os.path.abspath(name) != path]
            found.append(self._analysed_buffer(*buffer))
        with contextlib.closing(self._analyses(names)) as analyses:
            for analysis in analyses:
                found.append(analysis)
                if self.progress is not None:
                    self.progress(len(found))
        asked = names_of(names if buffer is None else [*names, buffer[0]])
        return Placement(asked, self.finder.for_path).reports(found)

    def _analyses(self, names: Sequence[str]) -> Generator[Analysis]:
        """What each file's tapes show, in any order."""
        waiting: list[Waiting] = []
        weight = 0
        remaining = iter(names)
        pays = 0 if self.executor is not None else PAYS
        while self.jobs > 1 or self.executor is not None:
            name = next(remaining, None)
            if name is None:
                break
            seen = self._looked_at(name)
            if isinstance(seen, Analysis):
                yield seen
                continue
            waiting.append(seen)
            weight += seen.weight
            if weight > pays:
                crew = self._crew(names)
                if crew is None:
                    break
                with crew:
                    yield from self._handed_out(crew, waiting, remaining)
                return
        while waiting:
            yield self.analysed(waiting.pop(0))
        for name in remaining:
            seen = self._looked_at(name)
            yield seen if isinstance(seen, Analysis) else self.analysed(seen)

    def _handed_out(
        self, crew: Crew, waiting: list[Waiting], remaining: Iterator[str]
    ) -> Iterator[Analysis]:
        """Others analyse what waits and what remains, while this process goes on looking."""
        while waiting:
            crew.add(waiting.pop(0))
        for name in remaining:
            seen = self._looked_at(name)
            if isinstance(seen, Analysis):
                yield seen
            else:
                crew.add(seen)
            yield from crew.ready()
        yield from crew.rest()

    def _crew(self, names: Sequence[str]) -> Crew | None:
        """Others to do the work; None where this system has no processes to offer."""
        from tflint_grad.runs.crew import Crew, workplace

        place = workplace(self.jobs, self.executor, frozenset(map(os.path.abspath, names)))
        return None if place is None else Crew(place, self.projects, self.memory)

    def _looked_at(self, name: str) -> Analysis | Waiting:
        """The analysis of a file that needs none or is remembered; else what is to be analysed."""
        settings = self.finder.for_path(name)
        try:
            source = read_source(name, roots=settings.tape_openers)
        except Unreadable as problem:
            return refused(name, problem)
        if source is None:
            return Analysis(os.path.abspath(name))
        return self._remembered(_waiting(source, settings))

    def _remembered(self, file: Waiting) -> Analysis | Waiting:
        if self.memory is None:
            return file
        project = self.projects.of(file.settings)
        return self.memory.recall(file.source, file.settings, project) or file

    def lint_text(
        self,
        source: SourceText,
        tree: ast.Module | None = None,
        *,
        replaces_file: bool = False,
        keeps_silenced: bool = False,
    ) -> FileReport:
        """Lint one text by itself, in this process.

        Args:
            tree: its syntax, where it has been parsed already.
            replaces_file: the file of its name holds something else, and others import it.
            keeps_silenced: tell what a `# noqa` drops as well.
        """
        file = _waiting(source, self.finder.for_path(source.filename))
        if replaces_file:
            self.projects.of(file.settings).put(os.path.abspath(source.filename), source.text)
        seen = self._remembered(file)
        found = seen if isinstance(seen, Analysis) else self.analysed(seen, tree)
        placement = Placement(names_of([source.filename]), self.finder.for_path, keeps_silenced)
        (report,) = placement.reports([found])
        return report

    def _analysed_buffer(self, name: str, data: bytes) -> Analysis:
        settings = self.finder.for_path(name)
        self.projects.for_settings(settings).put(os.path.abspath(name), data)
        try:
            source = source_from_bytes(data, name, roots=settings.tape_openers)
        except Unreadable as problem:
            return refused(name, problem)
        if source is None:
            return Analysis(os.path.abspath(name))
        seen = self._remembered(_waiting(source, settings))
        return seen if isinstance(seen, Analysis) else self.analysed(seen)

    def analysed(self, file: Waiting, tree: ast.Module | None = None) -> Analysis:
        """Analyse a file in this process, and remember what was found."""
        project = self.projects.of(file.settings)
        found = analyse(file.source, project, file.settings.taught, tree)
        if self.memory is not None:
            self.memory.keep(found, file.settings)
        return found


def _waiting(source: SourceText, settings: Settings) -> Waiting:
    from tflint_grad.runs.projects import ProjectSettings, Waiting

    return Waiting(source, ProjectSettings.of(settings))


def available_cores() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
