"""Who uses what in a project: the files that import a module, and the classes that have members.

Answered from the facts of all its files without a parser, hence for choosing candidates only.
Every answer is the same whatever was asked before, and in whatever order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from tflint_grad.project.facts import Facts, facts_of
from tflint_grad.project.files import Files, Listing
from tflint_grad.project.hierarchy import Hierarchy, distance
from tflint_grad.project.roots import is_shared
from tflint_grad.project.table import IndexStore, gather, python_files

__all__ = ["Index", "IndexStore"]

MAX_IMPORTERS = 8
MAX_CLASSES = 16
#: Files that import a module as a whole and are searched for a name, for one question.
MAX_SEARCHED = 100

#: The file of `import module`, seen from a file, with the dots of a relative import before it.
Find = Callable[[str, str], "str | None"]
Read = Callable[[str], "bytes | None"]


class Index:
    """What the files below one folder import and define; each part is made when first asked for."""

    def __init__(
        self,
        root: str,
        files: Files,
        listing: Callable[[str], Listing | None],
        read: Read,
        find: Find,
        store: IndexStore | None = None,
    ) -> None:
        self.root = root
        self._files, self._listing, self._store = files, listing, store
        self._read, self._find = read, find
        self._unsaved: set[str] = set()
        self._users: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _listed(self) -> tuple[list[str], bool]:
        deep = not is_shared(self.root)
        return python_files(self.root, self._listing, self._files.is_link, deep)

    @property
    def is_partial(self) -> bool:
        """Whether there are more files below the folder than are looked at."""
        return self._listed[1]

    @cached_property
    def facts(self) -> dict[str, Facts]:
        """The facts of each file by its path."""
        paths = list(dict.fromkeys((*self._listed[0], *sorted(self._unsaved))))
        unsaved = frozenset(self._unsaved)
        return gather(self.root, paths, self._files, self._read, self._store, unsaved)

    def put(self, path: str, data: bytes) -> None:
        """A buffer stands for a file from now on."""
        if not path.endswith(".py") or not path.startswith(os.path.join(self.root, "")):
            return
        self._unsaved.add(path)
        if "facts" in self.__dict__:
            facts = facts_of(data)
            if self.facts.get(path) != facts:
                self.facts[path] = facts
                self._users.clear()
                for part in ("_files_by_word", "_hierarchy"):
                    self.__dict__.pop(part, None)

    # --- who imports

    def importers(self, path: str, names: frozenset[str]) -> tuple[str, ...]:
        """The files that import the module at `path` and mention one of `names`.

        Also those that import one of `names` from a module which imports names itself, and those
        that import a package above `path` which does. The nearest folder first, then by path.
        """
        targets = {path, *self._packages_passing_on(path, names)}
        explicit = {
            user
            for name in names
            for user in self._files_by_word.get(name, ())
            if user != path and self._brings(user, name, targets)
        }
        whole = {user for target in targets for user in self._users_of(target)} - {path}
        found, searched = [], 0
        for user in sorted(explicit | whole, key=lambda user: distance(path, user)):
            if user not in explicit:
                searched += 1
                if searched > MAX_SEARCHED or not self._mentions(user, names):
                    continue
            found.append(user)
            if len(found) == MAX_IMPORTERS:
                break
        return tuple(found)

    @cached_property
    def _files_by_word(self) -> dict[str, list[str]]:
        """The files whose import statements hold a word: a name, or the last part of a module."""
        found: dict[str, dict[str, None]] = {}
        for path, facts in self.facts.items():
            for module, name, _ in facts.imports:
                if name and name != "*":
                    found.setdefault(name, {})[path] = None
                found.setdefault(module.rpartition(".")[2], {})[path] = None
        return {word: list(paths) for word, paths in found.items()}

    def _users_of(self, target: str) -> tuple[str, ...]:
        """The files that import a module as a whole, or all of its names."""
        if target not in self._users:
            word = _module_word(target)
            # `from . import *` and `from .. import name` have no word for the package.
            candidates = {*self._files_by_word.get(word, ()), *self._files_by_word.get("", ())}
            self._users[target] = tuple(
                sorted(user for user in candidates if self._imports_whole(user, target, word))
            )
        return self._users[target]

    def _imports_whole(self, user: str, target: str, word: str) -> bool:
        for module, name, _ in self.facts[user].imports:
            if name == word and self._find(user, _joined(module, name)) == target:
                return True
            whole = name in ("", "*") and module.rpartition(".")[2] in (word, "")
            if whole and self._find(user, module) == target:
                return True
        return False

    def _brings(self, user: str, name: str, targets: set[str]) -> bool:
        """Whether `from … import name` in `user` leads to one of `targets`, maybe through others."""
        for module, imported, _ in self.facts[user].imports:
            if imported == name:
                origin = self._find(user, module)
                if origin in targets:
                    return True
                if origin is not None and self._passes_on(origin, (name,)):
                    return True
        return False

    def _passes_on(self, path: str, names: Iterable[str]) -> bool:
        facts = self.facts.get(path)
        return facts is not None and any(
            imported == "*" or imported in names for _, imported, _ in facts.imports
        )

    def _packages_passing_on(self, path: str, names: frozenset[str]) -> Iterator[str]:
        """The packages above a module that import one of `names`, all names, or the module."""
        folder = os.path.dirname(path)
        wanted = {*names, _module_word(path)}
        while folder.startswith(self.root):
            package = os.path.join(folder, "__init__.py")
            if package not in self.facts:
                return
            if package != path and self._passes_on(package, wanted):
                yield package
            folder = os.path.dirname(folder)

    def _mentions(self, path: str, names: frozenset[str]) -> bool:
        data = self._read(path)
        return data is not None and any(
            name in data and re.search(rb"\b%s\b" % re.escape(name), data)
            for name in (name.encode("utf-8", "surrogatepass") for name in names)
        )

    # --- who defines

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """File and name of the classes that have all of `members`, own or inherited by name.

        The nearest folder first, then by path and name; none for no members.
        """
        found = self._hierarchy.classes_with(members)
        return tuple(sorted(found, key=lambda cls: (distance(path, cls[0]), cls[1])))[:MAX_CLASSES]

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return Hierarchy(self.facts)


def _module_word(path: str) -> str:
    """The last part of a module's dotted name."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else os.path.splitext(name)[0]


def _joined(module: str, name: str) -> str:
    return module + name if module.endswith(".") else f"{module}.{name}"
