"""The cache of findings: an entry is one file's analysis, with all that it depended on."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tflint_grad.runs.analysis import Analysis, digest_of, sources_of
from tflint_grad.runs.stamp import stamp
from tflint_grad.runs.store import Store, default_folder

if TYPE_CHECKING:
    from tflint_grad.config import Settings
    from tflint_grad.project import Project
    from tflint_grad.runs.projects import ProjectSettings
    from tflint_grad.source import SourceText


@dataclass(frozen=True)
class Memory:
    """Remembers analyses by path, content, settings and `stamp`; what those depended on is checked.

    `indexes` keeps what a project's index is made of.
    """

    analyses: Store
    indexes: ProjectIndexes

    @classmethod
    def of(cls, settings: Settings) -> Memory | None:
        """In the folder that the settings name, or the platform's; None where there is to be none."""
        folder = settings.cache_dir or default_folder()
        if folder is None or not settings.first("cache", True):
            return None
        return cls(
            Store(os.path.join(folder, "findings")),
            ProjectIndexes(Store(os.path.join(folder, "indexes"), shards=1, limit=128_000_000)),
        )

    def recall(
        self, source: SourceText, settings: ProjectSettings, project: Project
    ) -> Analysis | None:
        """What was found in this text, if all that it depended on is as it was then."""
        path = os.path.abspath(source.filename)
        data = self.analyses.load(_key(path, digest_of(source), settings))
        if data is None:
            return None
        from tflint_grad.runs.entry import unpacked

        entry = unpacked(data, path)
        if entry is None or entry.seen is None or not project.still_holds(entry.seen):
            return None
        findings = (*entry.findings, *entry.silenced)
        return replace(entry, sources=sources_of(source, findings, project))

    def keep(self, analysis: Analysis, settings: ProjectSettings) -> None:
        """Remember an analysis, if it is one that would come out the same again."""
        if analysis.seen is None or analysis.traceback is not None:
            return
        from tflint_grad.runs.entry import packed

        self.analyses.save(_key(analysis.path, analysis.digest, settings), packed(analysis))


@dataclass(frozen=True)
class ProjectIndexes:
    """What `project.index` keeps between runs, by the root of the project."""

    store: Store

    def load(self, root: str) -> bytes | None:
        return self.store.load(f"{stamp()}\0{root}")

    def save(self, root: str, data: bytes) -> None:
        self.store.save(f"{stamp()}\0{root}", data)


def _key(path: str, digest: str, settings: ProjectSettings) -> str:
    taught = settings.taught
    return "\0".join((stamp(), path, digest, *settings.src, taught.toml(), taught.tensorflow))
