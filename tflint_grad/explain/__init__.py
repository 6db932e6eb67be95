"""`--explain-function`: what is believed of a function, of the project or of a library."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tflint_grad.config import UsageError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tflint_grad.config import Settings
    from tflint_grad.project import Project

#: What everybody calls them.
_NICKNAMES = {"tf": "tensorflow", "np": "numpy", "tnp": "tensorflow.experimental.numpy"}
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def explain_function(
    wanted: str, settings: Settings, folder: str, project: Project | None = None
) -> str:
    """What is believed of a function or method, by its dotted name as seen from a folder.

    Raises:
        UsageError: nothing is known of that name.
    """
    if not _DOTTED.fullmatch(wanted):
        raise UsageError(f"--explain-function: {wanted!r} is no dotted name such as pkg.module.f")
    first, _, rest = wanted.partition(".")
    name = ".".join(filter(None, (_NICKNAMES.get(first, first), rest)))
    from tflint_grad.explain.library import explain_library, known_names
    from tflint_grad.explain.own import OwnFunctions
    from tflint_grad.explain.taught import explain_taught
    from tflint_grad.knowledge import table

    if project is None:
        from tflint_grad.project import Project as Files

        project = Files(src=settings.src)
    own = OwnFunctions(project, os.path.join(folder, "__main__.py"), folder, settings.taught)
    said = settings.taught.get(name)
    if said is not None:
        return explain_taught(said, own.where(name))
    with table.of_version(settings.taught.tensorflow):
        found = own.explain(name) or explain_library(name)
    if found is not None:
        return found
    candidates = [*own.names_beside(name), *settings.taught.names(), *known_names()]
    raise UsageError(f"--explain-function: nothing is known of {wanted!r}{_hint(name, candidates)}")


def _hint(name: str, candidates: Iterable[str]) -> str:
    """Names of the same module come first: their difference is in the last part only."""
    module = name.rpartition(".")[0]
    near = [known for known in candidates if known.rpartition(".")[0] == module]
    return (
        suggestion(name, near)
        or suggestion(name, list(candidates))
        or "; [tool.tflint-grad.functions] may say what it does"
    )
