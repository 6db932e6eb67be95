"""Functions of the project: executed with unknown arguments, and asked what of them comes back."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from tflint_grad.config import UsageError
from tflint_grad.outline import ClassItem, DefItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.knowledge.taught import Taught
    from tflint_grad.project import Project


class OwnFunctions:
    """Finds functions by their dotted names, as a file in a folder would import them."""

    def __init__(self, project: Project, importer: str, folder: str, taught: Taught) -> None:
        self._project = project
        self._importer = importer
        self._folder = folder
        self._taught = taught

    def explain(self, name: str) -> str | None:
        """What is believed of a function; None where the project has none of that name.

        Raises:
            UsageError: the name stands for something that is not called, or in a broken file.
        """
        found = self._module_of(name)
        if found is None:
            return None
        path, inner = found
        outline = self._project.outline(path)
        if outline is None:
            raise UsageError(f"--explain-function: {self.shown(path)} cannot be read")
        if not inner:
            raise UsageError(f"--explain-function: {name!r} is a module; name one of its functions")
        from tflint_grad.explain.ways import explain_in_module

        return explain_in_module(
            name, inner, path, outline, self._project, self._taught, self._folder
        )

    def where(self, name: str) -> str | None:
        """File and row of a definition that is there to be read."""
        found = self._module_of(name)
        outline = None if found is None else self._project.outline(found[0])
        if found is None or outline is None:
            return None
        body: list[ast.stmt] = outline.tree.body
        node: ast.stmt | None = None
        for part in found[1]:
            node = next((entry for entry in body if getattr(entry, "name", None) == part), None)
            if node is None:
                return None
            body = getattr(node, "body", [])
        return None if node is None else f"{self.shown(found[0])}:{node.lineno}"

    def names_beside(self, name: str) -> Iterator[str]:
        """Functions and methods of the module that a name would be in."""
        found = self._module_of(name)
        outline = None if found is None else self._project.outline(found[0])
        if found is None or outline is None:
            return
        parts = name.split(".")
        module = ".".join(parts[: len(parts) - len(found[1])])
        for item in outline.items:
            if isinstance(item, (DefItem, ClassItem)):
                yield f"{module}.{item.name}"
            if isinstance(item, ClassItem):
                for member in item.members:
                    if isinstance(member, DefItem):
                        yield f"{module}.{item.name}.{member.name}"

    def shown(self, path: str) -> str:
        """A path relative to the folder, where it lies below it."""
        relative = os.path.relpath(path, self._folder)
        return path if relative.startswith("..") else relative

    def _module_of(self, name: str) -> tuple[str, list[str]] | None:
        """The file of the longest part of the name that is a module, and the rest of the name."""
        parts = name.split(".")
        for count in range(len(parts), 0, -1):
            path = self._project.find(self._importer, ".".join(parts[:count]))
            if path is not None and path.endswith(".py"):
                return path, parts[count:]
        return None
