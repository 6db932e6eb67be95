"""The files of a project: where they are, what they import, and who uses what."""

from tflint_grad.project.project import Project

__all__ = ["Project"]
