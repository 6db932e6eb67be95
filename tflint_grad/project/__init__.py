"""The files of a project: which file a module is, what it imports, and who uses what."""

from tflint_grad.project.files import Disk, Files, Shipped
from tflint_grad.project.hierarchy import CALLED, OF_KERAS
from tflint_grad.project.project import Dependencies, Project

__all__ = ["CALLED", "OF_KERAS", "Dependencies", "Disk", "Files", "Project", "Shipped"]
