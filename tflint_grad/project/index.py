"""The index of a project: which words a file imports, and which members its classes have.

Made by regular expressions over bytes, since it is asked of files that nobody has parsed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Protocol

from tflint_grad.project.files import Files
from tflint_grad.source.discovery import DEFAULT_EXCLUDE

MAX_FILES = 5_000
MAX_BYTES = 50_000_000
MAX_IMPORTERS = 8
MAX_CLASSES = 16

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]+))", re.M
)
_WORD = re.compile(rb"[^\W\d]\w*")
_CLASS = re.compile(
    rb"^class[ \t]+(\w+)[ \t]*(?:\(([^)]*)\))?[^\n]*\n((?:[ \t][^\n]*\n|[ \t]*\n|#[^\n]*\n)*)", re.M
)
_MEMBER = re.compile(
    rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(\w+)"
    rb"|\bself\.(\w+)[ \t]*(?::[^=\n]+)?=[^=]"
    rb"|^[ \t]+(\w+)[ \t]*[:=][^=]",
    re.M,
)
_OWNERS = re.compile(r"(Model|Layer|Module|Network|Sequential)$")
#: What every Keras model or layer, and every tf.Module, can be asked for.
_OWNED = frozenset(
    [
        "trainable_variables",
        "trainable_weights",
        "variables",
        "weights",
        "losses",
        "optimizer",
        "metrics",
        "trainable",
        "compile",
        "fit",
        "predict",
        "save",
        "save_weights",
        "load_weights",
        "summary",
        "name",
        "__call__",
    ]
)
_LAYOUT = 1

Classes = dict[str, tuple[list[str], list[str]]]  # name to bases and members


class IndexStore(Protocol):
    """Where an index is kept between runs; bytes by the root of the project."""

    def load(self, root: str) -> bytes | None: ...

    def save(self, root: str, data: bytes) -> None: ...


class Index:
    """What the files below one folder import and define; each part is made when first asked for."""

    def __init__(
        self,
        root: str,
        files: Files,
        read: Callable[[str], bytes | None],
        store: IndexStore | None = None,
    ) -> None:
        self.root, self._files, self._read, self._store = root, files, read, store
        self._paths: list[str] | None = None
        self._facts: dict[str, tuple[frozenset[str], Classes]] | None = None

    def importers(self, path: str, module: str, names: frozenset[str]) -> tuple[str, ...]:
        """The files that import the module or one of `names`, and mention one of `names`."""
        wanted = names | {module}
        mentions = re.compile(rb"\b(?:%s)\b" % b"|".join(re.escape(n.encode()) for n in names))
        found = []
        candidates = [
            other
            for other, (imports, _) in self.facts.items()
            if other != path and not wanted.isdisjoint(imports)
        ]
        for other in sorted(candidates, key=lambda o: _distance(path, o)):
            data = self._read(other)
            if data is not None and mentions.search(data):
                found.append(other)
                if len(found) == MAX_IMPORTERS:
                    break
        return tuple(found)

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """The classes that have all of `members`, the nearest first."""
        if not members:
            return ()
        having = (self.classes_by_member.get(member, frozenset()) for member in members)
        found = frozenset.intersection(*having)
        return tuple(sorted(found, key=lambda entry: (_distance(path, entry[0]), entry[1])))[
            :MAX_CLASSES
        ]

    @cached_property
    def classes_by_member(self) -> dict[str, frozenset[tuple[str, str]]]:
        """File and name of the classes that have a member, their own or one of a base."""
        by_name: dict[str, tuple[list[str], list[str]]] = {}
        for _, classes in self.facts.values():
            for name, entry in classes.items():
                by_name.setdefault(name, entry)
        found: dict[str, set[tuple[str, str]]] = {}
        for path, (_, classes) in self.facts.items():
            for name, entry in classes.items():
                for member in _all_members(entry, by_name):
                    found.setdefault(member, set()).add((path, name))
        return {member: frozenset(classes) for member, classes in found.items()}

    @property
    def facts(self) -> dict[str, tuple[frozenset[str], Classes]]:
        """By path: the words of its import statements, and its classes."""
        if self._facts is None:
            self._facts = self._build()
        return self._facts

    def _build(self) -> dict[str, tuple[frozenset[str], Classes]]:
        kept = self._kept()
        found: dict[str, tuple[frozenset[str], Classes]] = {}
        record: dict[str, object] = {}
        total, changed = 0, False
        for path in self._walk():
            stamp = self._files.stamp(path)
            if stamp is None:
                continue
            total += stamp[1]
            if total > MAX_BYTES:
                break
            known = kept.get(path)
            if known is not None and tuple(known[0]) == stamp:
                imports, classes = known[1], known[2]
            else:
                data = self._read(path)
                if data is None:
                    continue
                imports, classes = sorted(imported_words(data)), defined_classes(data)
                changed = True
            found[path] = (frozenset(imports), classes)
            record[path] = (stamp, imports, classes)
        if self._store is not None and (changed or len(record) != len(kept)):
            self._store.save(self.root, json.dumps([_LAYOUT, record]).encode())
        return found

    def _kept(self) -> dict[str, tuple[list[int], list[str], Classes]]:
        data = self._store.load(self.root) if self._store is not None else None
        try:
            layout, record = json.loads(data or b"[0, {}]")
            return dict(record) if layout == _LAYOUT else {}
        except (ValueError, TypeError):
            return {}

    def _walk(self) -> Iterator[str]:
        """Python files below the root, folder by folder from the top; links are not followed."""
        folders, count = [self.root], 0
        while folders:
            folder = folders.pop(0)
            entries = self._files.listing(folder) or {}
            for name in sorted(entries):
                path = os.path.join(folder, name)
                if entries[name]:
                    if name[0] != "." and name not in DEFAULT_EXCLUDE and not os.path.islink(path):
                        folders.append(path)
                elif name.endswith(".py"):
                    count += 1
                    if count > MAX_FILES:
                        return
                    yield path


def imported_words(data: bytes) -> frozenset[str]:
    """The words of the import statements of a file."""
    found: set[bytes] = set()
    for match in _IMPORT.finditer(data):
        for part in match.groups():
            if part:
                found.update(_WORD.findall(part))
    return frozenset(word.decode("utf-8", "replace") for word in found)


def defined_classes(data: bytes) -> Classes:
    """The top-level classes of a file: the last words of their bases, and their members."""
    if b"class " not in data:
        return {}
    found: Classes = {}
    for match in _CLASS.finditer(data):
        name, bases, body = match.groups()
        members = {
            next(filter(None, groups)).decode("utf-8", "replace")
            for groups in _MEMBER.findall(body)
        }
        words = [
            base.strip().rpartition(b".")[2].decode("utf-8", "replace")
            for base in (bases or b"").split(b",")
            if b"=" not in base
        ]
        found[name.decode("utf-8", "replace")] = (words, sorted(members))
    return found


def _all_members(
    entry: tuple[list[str], list[str]], by_name: dict[str, tuple[list[str], list[str]]]
) -> set[str]:
    """The members of a class and of its bases, as far as these are found by their names."""
    found, seen, stack = set(entry[1]), set[str](), list(entry[0])
    while stack:
        base = stack.pop()
        if base in seen:
            continue
        seen.add(base)
        if base in by_name:
            found.update(by_name[base][1])
            stack.extend(by_name[base][0])
        elif _OWNERS.search(base):
            found |= _OWNED
    return found


def _distance(path: str, other: str) -> tuple[int, str]:
    """How many folders lie between two files."""
    one, two = path.split(os.sep), other.split(os.sep)
    shared = 0
    for ours, theirs in zip(one, two, strict=False):
        if ours != theirs:
            break
        shared += 1
    return len(one) + len(two) - 2 * shared, other
