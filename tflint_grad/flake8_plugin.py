"""The flake8 plugin: hands flake8's tree and lines to the engine, and its findings to flake8."""

from __future__ import annotations

import atexit
import gc
import os
from typing import TYPE_CHECKING, Any

from tflint_grad import __version__

if TYPE_CHECKING:
    import argparse
    import ast
    from collections.abc import Iterator

    from tflint_grad.config import Settings
    from tflint_grad.engine import FileReport
    from tflint_grad.findings import Finding
    from tflint_grad.runs.many import Run


def _may_matter(text: str) -> bool:
    """What `source.prefilter` decides, more roughly and without importing anything."""
    if "tensorflow" in text or "keras" in text:
        return True
    if "tape" in text and ("gradient" in text or "jacobian" in text):
        return True
    return ".fit(" in text and ".compile(" in text


class GradientChecker:
    """One instance a file. What is costly is imported once a file speaks of TensorFlow."""

    name = "tflint-grad"
    version = __version__
    #: flake8's options for this run: set once a process, before any file.
    shows_advice = False
    disable_noqa = False
    stdin_name = "stdin"
    _run: Run | None = None

    def __init__(self, tree: ast.Module, lines: list[str], filename: str = "-") -> None:
        self.tree, self.lines, self.filename = tree, lines, filename

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Advice is shown only to those who ask for us by a prefix of our name.

        A user's `ignore=` replaces flake8's default of ignoring; it must not switch advice on.
        """
        asked = [*(options.select or ()), *(options.extend_select or ())]
        cls.shows_advice = any(prefix.upper().startswith("TFG") for prefix in asked)
        cls.disable_noqa = options.disable_noqa
        cls.stdin_name = options.stdin_display_name

    def run(self) -> Iterator[tuple[int, int, str, type[Any]]]:
        """Yield row (from 1), column (from 0), text."""
        text = "".join(self.lines)
        if not _may_matter(text):
            return
        for finding in self._findings(text):
            place = finding.location
            yield place.row, place.column - 1, f"{finding.code} {finding.message}", type(self)

    def _findings(self, text: str) -> list[Finding]:
        from tflint_grad import engine
        from tflint_grad.config import UsageError
        from tflint_grad.findings import Severity, Unreadable

        filename = self.stdin_name if self.filename in ("-", "stdin") else self.filename
        try:
            settings, report = self._lint(text, filename)
        except UsageError as error:
            return [engine.unreadable(filename, Unreadable(str(error)))]
        except Unreadable as problem:
            return [engine.unreadable(filename, problem)]
        except Exception as error:  # flake8 would end the whole run
            return [engine.internal_error(filename, error)]
        advice = settings.first("advice", self.shows_advice)
        return [
            finding for finding in report.findings if advice or finding.severity > Severity.ADVICE
        ]

    def _lint(self, text: str, filename: str) -> tuple[Settings, FileReport]:
        from tflint_grad import engine
        from tflint_grad.source import Relevance, SourceText, refuse_size

        run = self._run_of_process()
        settings = run.finder.for_path(filename)
        source = SourceText.from_text(text, filename)
        if source.relevance_with(settings.tape_openers) is Relevance.NONE:
            return settings, engine.FileReport(filename)
        refuse_size(source)
        report = run.lint_text(
            source,
            self.tree,
            replaces_file=filename == self.stdin_name,
            keeps_silenced=self.disable_noqa,
        )
        return settings, report

    @classmethod
    def _run_of_process(cls) -> Run:
        """What all files of this process share: settings, projects, the cache."""
        if cls._run is None:
            from tflint_grad.config import SettingsFinder
            from tflint_grad.runs.many import Run

            _spare_the_collector()
            finder = SettingsFinder()
            cls._run = Run(finder, cache=finder.for_folder(os.getcwd()))
        return cls._run


def _spare_the_collector() -> None:
    """Keep Python's collector from walking over the syntax that is kept for the files to come.

    It would do so again and again while flake8 is at work, and take all of it apart at the end: 2.6
    and 0.6 of 21 s on tf-agents. What flake8 and its other plugins drop in circles stays longer
    meanwhile: 167 MiB in place of 120 with a quarter of this, for another 0.25 of 11.5 s.
    """
    gc.set_threshold(400_000, 50, 50)
    atexit.register(gc.freeze)
