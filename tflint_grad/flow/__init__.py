"""The path model: libcst visitors execute the code abstractly and tell what happens to gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.knowledge.taught import NOTHING_TAUGHT

if TYPE_CHECKING:
    from tflint_grad.flow.program import Flow
    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.outline import Outline
    from tflint_grad.project import Project


def run(outline: Outline, project: Project | None = None, taught: Taught = NOTHING_TAUGHT) -> Flow:
    """Execute an outlined file abstractly (imports libcst on the first call)."""
    from tflint_grad.flow.program import run as run_file

    return run_file(outline, project, taught)
