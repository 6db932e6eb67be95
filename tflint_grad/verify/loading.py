"""Loads the module of a scene as the project would, again and again, without leaving traces."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass

#: A module that loads slower than this is loaded once, and keeps its state from run to run.
_SLOW = 1.0  # seconds


@dataclass
class Loader:
    """One file of the user's. `root` goes first on the path, `name` is the module's own name."""

    file: str
    root: str
    name: str
    main: bool = False  # run as a script: `__name__` is "__main__"

    def __post_init__(self) -> None:
        self.seconds = 0.0
        self.module: types.ModuleType | None = None

    @property
    def reloads(self) -> bool:
        """Whether each run gets a module of its own."""
        return self.seconds < _SLOW

    def load(self) -> types.ModuleType:
        """A fresh module; the present one where loading is slow. Raises what its code raises;
        the namespace as far as it came is in `module`."""
        if self.module is not None and not self.reloads:
            return self.module
        self.forget()
        began = time.monotonic()
        try:
            return self._loaded()
        finally:
            self.seconds = time.monotonic() - began

    def _loaded(self) -> types.ModuleType:
        sys.argv = [self.file]
        for folder in (os.path.dirname(self.file), self.root):
            if folder in sys.path:
                sys.path.remove(folder)
            sys.path.insert(0, folder)
        package = self.name.rpartition(".")[0]
        name = "__main__" if self.main else self.name
        if package:
            importlib.import_module(package)
            if self.name in sys.modules and not self.main:
                self.module = sys.modules[self.name]
                return self.module
        elif name in sys.modules and not self.main:
            name = f"{name}__scene"  # a script may be called as a library is
        spec = importlib.util.spec_from_file_location(name, self.file)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot load {self.file}")
        module = importlib.util.module_from_spec(spec)
        if self.main:
            module.__package__ = package
        self.module = module
        with _in_place(name, module):
            spec.loader.exec_module(module)
            if package and not self.main:
                with contextlib.suppress(AttributeError):
                    setattr(sys.modules[package], name.rpartition(".")[2], module)
        return module

    def forget(self) -> None:
        """Take the project's own modules out of the table of modules."""
        inside = os.path.join(self.root, "")
        folder = os.path.join(os.path.dirname(self.file), "")
        for name, module in list(sys.modules.items()):
            if name == "__main__" or name.partition(".")[0] == "tflint_grad":
                continue
            path = getattr(module, "__file__", None) or ""
            if not path.startswith((inside, folder)) or _is_installed(path):
                continue
            del sys.modules[name]
        self.module = None


@contextlib.contextmanager
def _in_place(name: str, module: types.ModuleType) -> Iterator[None]:
    """In the table of modules for good, or taken out where it fails; `__main__` comes back."""
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    except BaseException:
        # Its functions may still be called: pickles and dataclasses look the module up.
        if name == "__main__" and before is not None:
            sys.modules[name] = before
        raise
    if name == "__main__" and before is not None:
        sys.modules[name] = before


def _is_installed(path: str) -> bool:
    parts = path.split(os.sep)
    library = os.path.join(sys.base_prefix, "lib")
    return not {"site-packages", "dist-packages"}.isdisjoint(parts) or path.startswith(library)


def module_name(file: str) -> tuple[str, str]:
    """The folder that goes on the path, and the dotted name below it."""
    folder, base = os.path.split(os.path.abspath(file))
    stem = os.path.splitext(base)[0]
    parts = [] if stem == "__init__" else [stem]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        parts.insert(0, name)
    return folder, ".".join(parts) or stem
