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
from tflint_grad.project.hierarchy import Found, Hierarchy, distance
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
        self._modules: dict[str, dict[str, frozenset[str]]] = {}
        self._names: dict[str, dict[str, frozenset[str]]] = {}

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
            facts = facts_of(data, path)
            if self.facts.get(path) != facts:
                self.facts[path] = facts
                self._modules.clear()
                self._names.clear()
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
            for target in targets
            for user in self._users_by_name(name).get(target, ())
            if user != path
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

    def _users_of(self, target: str) -> frozenset[str]:
        """The files that import a module as a whole, or all of its names."""
        return self._users_by_module(_module_word(target)).get(target, frozenset())

    def _users_by_module(self, word: str) -> dict[str, frozenset[str]]:
        """For each module whose name ends in a word the files that import it as a whole."""
        if word not in self._modules:
            # `from . import *` and `from .. import name` have no word for the package.
            candidates = {*self._files_by_word.get(word, ()), *self._files_by_word.get("", ())}
            found: dict[str, set[str]] = {}
            for user in candidates:
                for target in self._wholly_imported(user, word):
                    found.setdefault(target, set()).add(user)
            self._modules[word] = {target: frozenset(users) for target, users in found.items()}
        return self._modules[word]

    def _wholly_imported(self, user: str, word: str) -> Iterator[str]:
        for module, name, _ in self.facts[user].imports:
            wanted = []
            if name == word:
                wanted.append(_joined(module, name))
            if name in ("", "*") and module.rpartition(".")[2] in (word, ""):
                wanted.append(module)
            for dotted in wanted:
                found = self._find(user, dotted)
                if found is not None:
                    yield found

    def _users_by_name(self, name: str) -> dict[str, frozenset[str]]:
        """For each file the others that import a name from it, also through files that pass it on.

        Made for all files at once: a name such as `train_step` may be in every package.
        """
        if name not in self._names:
            found: dict[str, set[str]] = {}
            passed: dict[str, frozenset[str]] = {}
            for user in self._files_by_word.get(name, ()):
                for module, imported, _ in self.facts[user].imports:
                    origin = self._find(user, module) if imported == name else None
                    if origin is None:
                        continue
                    if origin not in passed:
                        passed[origin] = self._origins(origin, name)
                    for target in passed[origin]:
                        found.setdefault(target, set()).add(user)
            self._names[name] = {target: frozenset(users) for target, users in found.items()}
        return self._names[name]

    def _origins(self, path: str, name: str) -> frozenset[str]:
        """A file that a name is imported from, and those that this file has it from."""
        found, stack = {path}, [path]
        while stack:
            user = stack.pop()
            facts = self.facts.get(user)
            for module, imported, _ in () if facts is None else facts.imports:
                if imported in (name, "*"):
                    origin = self._find(user, module)
                    if origin is not None and origin not in found:
                        found.add(origin)
                        stack.append(origin)
        return frozenset(found)

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

    def classes_with(self, path: str, members: frozenset[str]) -> tuple[Found, ...]:
        """The classes that have all of `members`, own or inherited by name.

        The nearest folder first, then by path and name; none for no members.
        """
        nearest = self._hierarchy.nearest(path, members, MAX_CLASSES)
        return tuple(self._hierarchy.found(cls) for cls in nearest)

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return Hierarchy(self.facts)


def _module_word(path: str) -> str:
    """The last part of a module's dotted name."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else os.path.splitext(name)[0]


def _joined(module: str, name: str) -> str:
    return module + name if module.endswith(".") else f"{module}.{name}"
