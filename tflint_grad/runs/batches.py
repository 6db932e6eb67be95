"""What is handed out at once: files of one folder, since they import the same others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tflint_grad.runs.projects import ProjectSettings

#: Characters of a batch that is handed out: some tenths of a second of work, so that two workers
#: end at about the same time; a hundred times what handing it out costs.
BATCH_SIZE = 50_000


@dataclass(frozen=True)
class Batch:
    """Files to analyse, by absolute path; plain data, for another process or machine.

    `run` tells runs apart: what a worker has read is good for one run only. `digests`, where given,
    are those of the texts: a worker that sees others is not where the files are. `root`: the folder
    whose files go with the batch where they have to be shipped.
    """

    run: str
    settings: ProjectSettings
    paths: tuple[str, ...]
    digests: tuple[str, ...] = ()
    root: str = ""
    attempt: int = 0

    def again(self) -> Batch:
        """The same, for another try: some executors answer equal tasks with the same result."""
        return replace(self, attempt=self.attempt + 1)

    def singles(self) -> Iterator[Batch]:
        """Each file by itself, for another try."""
        for number, path in enumerate(self.paths):
            digests = self.digests[number : number + 1]
            yield replace(self.again(), paths=(path,), digests=digests)


@dataclass
class Batcher:
    """Puts files that come sorted by name together; `add` gives a batch when one is full."""

    run: str
    size: int = BATCH_SIZE
    _settings: ProjectSettings | None = None
    _root: str = ""
    _folder: str = ""
    _paths: list[str] = field(default_factory=list)
    _digests: list[str] = field(default_factory=list)
    _weight: int = 0

    def add(
        self, path: str, settings: ProjectSettings, weight: int, digest: str = "", root: str = ""
    ) -> Iterator[Batch]:
        """Add a file; yields what was complete before it and what it completes."""
        folder = os.path.dirname(path)
        if (folder, settings, root) != (self._folder, self._settings, self._root):
            yield from self.rest()
        self._folder, self._settings, self._root = folder, settings, root
        self._paths.append(path)
        if digest:
            self._digests.append(digest)
        self._weight += weight
        if self._weight >= self.size:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """What is not yet handed out."""
        if self._paths and self._settings is not None:
            paths, digests = tuple(self._paths), tuple(self._digests)
            yield Batch(self.run, self._settings, paths, digests, self._root)
        self._paths, self._digests, self._weight = [], [], 0
