"""What is done where a batch is analysed: in this process, in another one, on another machine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tflint_grad.findings import Unreadable
from tflint_grad.runs.analysis import Analysis, analyse, digest_of, refused
from tflint_grad.runs.projects import Projects
from tflint_grad.source import SourceText, read_source, source_from_bytes

if TYPE_CHECKING:
    from tflint_grad.project import Shipped
    from tflint_grad.runs.batches import Batch


class FilesMissing(Exception):
    """A worker does not see the files that it was told to analyse: it needs their content."""


class _Workshop:
    """What this process has read, for one run at a time.

    An executor may run several tasks at once in threads: they take turns, since the interpreter
    runs one of them at a time anyhow, and the depth of recursion is set for the whole process.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.run = ""
        self.projects: dict[str, Projects] = {}

    def projects_of(self, batch: Batch, shipped: Shipped | None) -> Projects:
        if self.run != batch.run:
            self.run, self.projects = batch.run, {}
        key = batch.root if shipped is not None else ""
        if key not in self.projects:
            self.projects[key] = Projects(shipped)
        return self.projects[key]


_WORKSHOP = _Workshop()


def analyse_batch(batch: Batch, shipped: Shipped | None = None) -> list[Analysis]:
    """Analyse the files of a batch in their order.

    Args:
        shipped: the files by content; without them they are read from the disk.

    Raises:
        FilesMissing: the batch tells what its files hold, and here they hold something else.
    """
    from tflint_grad.engine import rare_collections

    with _WORKSHOP.lock, rare_collections():
        projects = _WORKSHOP.projects_of(batch, shipped)
        project = projects.of(batch.settings)
        found = []
        for number, path in enumerate(batch.paths):
            told = batch.digests[number] if batch.digests and shipped is None else None
            try:
                source = _read(path, batch, shipped)
            except Unreadable as problem:
                if told is not None:
                    raise FilesMissing(path) from problem
                found.append(refused(path, problem))
                continue
            if told is not None and (source is None or digest_of(source) != told):
                raise FilesMissing(path)
            if source is None:
                found.append(Analysis(path))
            else:
                found.append(analyse(source, project, batch.settings.taught))
        return found


def _read(path: str, batch: Batch, shipped: Shipped | None) -> SourceText | None:
    roots = batch.settings.taught.roots
    if shipped is None:
        return read_source(path, roots=roots)
    data = shipped.read(path)
    if data is None:
        raise Unreadable("cannot be read: it vanished during the run")
    return source_from_bytes(data, path, roots=roots)
