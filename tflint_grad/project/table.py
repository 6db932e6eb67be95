"""The facts of all files below a folder: gathered in one pass, remembered on disk between runs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from tflint_grad.project.facts import ClassFacts, Facts, Import, facts_of
from tflint_grad.project.files import Files, Listing
from tflint_grad.source.discovery import DEFAULT_EXCLUDE
from tflint_grad.source.text import MAX_BYTES as MAX_FILE_BYTES

#: What a table holds at most; of a larger project the folders nearest to its top.
MAX_FILES = 5_000
MAX_BYTES = 50_000_000
#: Folders that are looked into, most of which may hold data.
MAX_FOLDERS = 20_000
#: A file that changed this shortly before it was read may change again within one tick of its clock.
_FRESH_NS = 2_000_000_000
_LAYOUT = 3
_NOT_ENTERED = frozenset((*DEFAULT_EXCLUDE, "dist-packages"))

Stamp = tuple[int, int]
_Kept = dict[str, tuple[Stamp, Facts]]


class IndexStore(Protocol):
    """Where tables are kept between runs: bytes by the folder they are about."""

    def load(self, root: str) -> bytes | None: ...

    def save(self, root: str, data: bytes) -> None: ...


def python_files(
    root: str,
    listing: Callable[[str], Listing | None],
    is_link: Callable[[str], bool],
    deep: bool = True,
) -> tuple[list[str], bool]:
    """The Python files below a folder, those nearest to it first, and whether some were left out.

    `deep`: not only those directly in it.

    Links to folders are not followed, so there are no loops; hidden folders, virtual environments
    and what others made are not entered.
    """
    paths: list[str] = []
    folders, visited = [root], 0
    while folders:
        below: list[str] = []
        for folder in folders:
            entries = listing(folder) or {}
            visited += 1
            if visited > MAX_FOLDERS:
                return paths, True
            if folder != root and "pyvenv.cfg" in entries:
                continue
            for name in sorted(entries):
                if entries[name]:
                    if name[0] != "." and name not in _NOT_ENTERED:
                        path = os.path.join(folder, name)
                        if not is_link(path):
                            below.append(path)
                elif name.endswith(".py"):
                    if len(paths) == MAX_FILES:
                        return paths, True
                    paths.append(os.path.join(folder, name))
        folders = sorted(below) if deep else []
    return paths, False


def gather(
    root: str,
    paths: list[str],
    files: Files,
    read: Callable[[str], bytes | None],
    store: IndexStore | None = None,
    unsaved: frozenset[str] = frozenset(),
) -> dict[str, Facts]:
    """The facts of files by path; files that are unchanged since the last time are not read.

    Args:
        unsaved: paths for which a buffer stands: what they hold is not on disk.
    """
    kept = _load(root, store)
    found: dict[str, Facts] = {}
    record: _Kept = {}
    total = 0
    for path in paths:
        stamp = files.stamp(path)
        if stamp is None and path not in unsaved:
            continue  # it vanished
        size = stamp[1] if stamp is not None else 0
        if size > MAX_FILE_BYTES:
            continue  # data, or generated: nobody analyses it either
        total += size
        if total > MAX_BYTES:
            break
        known = kept.get(path)
        if known is not None and known[0] == stamp and path not in unsaved:
            facts = known[1]
        else:
            data = read(path)
            if data is None:
                continue
            facts = facts_of(data, path)
        found[path] = facts
        if stamp is not None and path not in unsaved:
            record[path] = (stamp, facts)
    if store is not None and record != kept:
        newest = time.time_ns() - _FRESH_NS
        settled = {path: entry for path, entry in record.items() if entry[0][0] < newest}
        if settled != kept:
            store.save(root, json.dumps([_LAYOUT, list(_written(root, settled))]).encode())
    return found


def _written(root: str, record: _Kept) -> Iterator[list[object]]:
    """Few and flat strings: this is read at every start."""
    for path, (stamp, facts) in record.items():
        imports = "\n".join(" ".join(entry) for entry in facts.imports)
        classes = "\n".join(
            f"{cls.name};{' '.join(cls.bases)};{' '.join(cls.members)}" for cls in facts.classes
        )
        yield [os.path.relpath(path, root), *stamp, imports, classes]


def _load(root: str, store: IndexStore | None) -> _Kept:
    """What was saved; nothing where that is damaged or of another layout."""
    data = store.load(root) if store is not None else None
    if not data:
        return {}
    try:
        layout, rows = json.loads(data)
        if layout != _LAYOUT:
            return {}
        return {
            os.path.join(root, path): (
                (int(changed), int(size)),
                Facts(
                    tuple(Import(*_words(line, " ")) for line in imports.split("\n") if line),
                    tuple(_class(line) for line in classes.split("\n") if line),
                ),
            )
            for path, changed, size, imports, classes in rows
        }
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _class(line: str) -> ClassFacts:
    name, bases, members = line.split(";")
    return ClassFacts(sys.intern(name), tuple(_words(bases)), tuple(_words(members)))


def _words(line: str, separator: str | None = None) -> Iterator[str]:
    return map(sys.intern, line.split(separator))
