"""The projects that a process has looked at, one for each way in which they are configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tflint_grad.source import Relevance, SourceText

if TYPE_CHECKING:
    from tflint_grad.config import Settings
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.project import Files, Project
    from tflint_grad.project.index import IndexStore


@dataclass(frozen=True)
class ProjectSettings:
    """What of the settings changes findings; all else only chooses among them.

    `src`: absolute folders that modules are imported from. `taught`: what is said of functions.
    """

    src: tuple[str, ...]
    taught: Taught

    @classmethod
    def of(cls, settings: Settings) -> ProjectSettings:
        return cls(settings.src, settings.taught)


@dataclass
class Projects:
    """One `Project` for each folders of `src`: what one file makes it read serves the others."""

    files: Files | None = None
    store: IndexStore | None = None
    _known: dict[tuple[str, ...], Project] = field(default_factory=dict)

    def of(self, settings: ProjectSettings) -> Project:
        from tflint_grad.project import Project

        if settings.src not in self._known:
            self._known[settings.src] = Project(self.files, settings.src, self.store)
        return self._known[settings.src]

    def for_settings(self, settings: Settings) -> Project:
        """The project that a file with these settings belongs to."""
        return self.of(ProjectSettings.of(settings))


#: A file with Keras hooks only is mostly done with once it is outlined.
_HOOKED_SHARE = 8


@dataclass(frozen=True)
class Waiting:
    """A file that is worth analysing."""

    source: SourceText
    settings: ProjectSettings

    @property
    def weight(self) -> int:
        """How much work it is, in characters of a file that asks for a gradient."""
        asks = self.source.relevance is Relevance.ANCHORED
        return len(self.source.text) // (1 if asks else _HOOKED_SHARE)
