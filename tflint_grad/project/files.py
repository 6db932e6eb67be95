"""Where the bytes of a project come from: the disk, or what was shipped to another machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import Protocol

#: The entries of a folder: name, and whether it is a folder itself.
Listing = Mapping[str, bool]

#: What of a folder is remembered beside its folders and Python files: what tells what it is.
TELLING = frozenset(("pyproject.toml", "setup.cfg", ".git", ".hg", "pyvenv.cfg"))
#: Beyond this no file is read: neither a module nor a notebook is larger.
MAX_READ = 32_000_001


class Files(Protocol):
    """Files by absolute path."""

    def read(self, path: str) -> bytes | None:
        """The content; None where there is no such file or it cannot be read."""

    def listing(self, folder: str) -> Listing | None:
        """The entries of a folder; None where there is none or it cannot be read."""

    def stamp(self, path: str) -> tuple[int, int] | None:
        """What changes whenever the file does: its time in nanoseconds and its size in bytes."""

    def is_link(self, path: str) -> bool:
        """Whether a folder lies elsewhere: walking into it may lead in a circle."""


class Disk:
    """The files of this machine."""

    def read(self, path: str) -> bytes | None:
        try:
            found = os.stat(path)
            # A pipe would wait for somebody to write into it.
            if not stat.S_ISREG(found.st_mode):
                return None
            expected = min(found.st_size + 1, MAX_READ)
            with open(path, "rb", buffering=0) as file:
                data = file.read(expected)
                # It may have grown, or not tell its size, as those of /proc.
                return data if len(data) < expected else data + file.read(MAX_READ - expected)
        except (OSError, ValueError):
            return None

    def listing(self, folder: str) -> Listing | None:
        found: dict[str, bool] = {}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    is_folder = _is_folder(entry)
                    if is_folder or entry.name.endswith(".py") or entry.name in TELLING:
                        found[entry.name] = is_folder
        except (OSError, ValueError):
            return None
        return found

    def stamp(self, path: str) -> tuple[int, int] | None:
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        return found.st_mtime_ns, found.st_size

    def is_link(self, path: str) -> bool:
        return os.path.islink(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads to itself


class Shipped:
    """Files that came by content; a folder is what one of them lies in."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)
        self._folders: dict[str, dict[str, bool]] = {}
        for path in self.contents:
            name, folder, is_folder = os.path.basename(path), os.path.dirname(path), False
            while name and not self._folders.setdefault(folder, {}).get(name):
                self._folders[folder][name] = is_folder
                name, folder, is_folder = os.path.basename(folder), os.path.dirname(folder), True

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def listing(self, folder: str) -> Listing | None:
        return self._folders.get(folder)

    def stamp(self, path: str) -> tuple[int, int] | None:
        data = self.contents.get(path)
        return None if data is None else (0, len(data))

    def is_link(self, path: str) -> bool:
        return False
