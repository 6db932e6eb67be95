"""A project: which file a module is, and the outline of each file that was asked for."""

from __future__ import annotations

import os
import sys

from tflint_grad.findings import Unreadable
from tflint_grad.outline import Outline, shallow_outline
from tflint_grad.source import SourceText

LIBRARIES = (
    frozenset(("tensorflow", "keras", "tf_keras", "numpy", "scipy", "jax", "torch"))
    | sys.stdlib_module_names
)


class Project:
    def __init__(self, files: object = None, src: tuple[str, ...] = ()) -> None:
        self.src = src
        self._outlines: dict[str, Outline | None] = {}

    def is_library(self, module: str) -> bool:
        return module.split(".")[0] in LIBRARIES

    def find(self, importer: str, module: str, level: int = 0) -> str | None:
        if level == 0 and self.is_library(module):
            return None
        folder = os.path.dirname(importer)
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            roots = [folder]
        else:
            roots = [folder]
            while os.path.exists(os.path.join(folder, "__init__.py")):
                folder = os.path.dirname(folder)
            roots.append(folder)
        for root in roots:
            base = os.path.join(root, *module.split(".")) if module else root
            for candidate in (base + ".py", os.path.join(base, "__init__.py")):
                if os.path.isfile(candidate):
                    return candidate
            if os.path.isdir(base):
                return base
        return None

    def source(self, path: str) -> SourceText | None:
        try:
            with open(path, "rb") as file:
                return SourceText.from_text(file.read().decode(), path)
        except (OSError, UnicodeError):
            return None

    def outline(self, path: str) -> Outline | None:
        if path not in self._outlines:
            source = self.source(path)
            try:
                self._outlines[path] = None if source is None else shallow_outline(source)
            except Unreadable:
                self._outlines[path] = None
        return self._outlines[path]

    def importers(self, path: str, names: frozenset[str]) -> tuple[str, ...]:
        return ()

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[tuple[str, str], ...]:
        return ()
