"""Where the bytes of a project come from: the disk, or what was shipped to another machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

#: The entries of a folder: name, and whether it is a folder itself.
Listing = Mapping[str, bool]


class Files(Protocol):
    """Files by absolute path."""

    def read(self, path: str) -> bytes | None:
        """The content; None where there is no such file or it cannot be read."""

    def listing(self, folder: str) -> Listing | None:
        """The entries of a folder; None where there is none or it cannot be read."""

    def stamp(self, path: str) -> tuple[int, int] | None:
        """What changes whenever the file does: its time in nanoseconds and its size in bytes."""


class Disk:
    """The files of this machine."""

    def read(self, path: str) -> bytes | None:
        try:
            with open(path, "rb") as file:
                return file.read()
        except (OSError, ValueError):
            return None

    def listing(self, folder: str) -> Listing | None:
        try:
            with os.scandir(folder) as entries:
                return {entry.name: entry.is_dir() for entry in entries}
        except (OSError, ValueError):
            return None

    def stamp(self, path: str) -> tuple[int, int] | None:
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        return found.st_mtime_ns, found.st_size


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
