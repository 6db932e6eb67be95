"""The path model: libcst visitors execute the code abstractly and tell what happens to gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tflint_grad.flow.program import Flow
    from tflint_grad.outline import Outline
    from tflint_grad.project import Project


def run(outline: Outline, project: Project | None = None) -> Flow:
    """Execute an outlined file abstractly (imports libcst on the first call)."""
    from tflint_grad.flow.program import run as run_file

    return run_file(outline, project)
