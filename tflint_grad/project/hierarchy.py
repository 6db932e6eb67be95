"""The classes of a project by their members, inherited ones included."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache

from tflint_grad.project.facts import ClassFacts, Facts
from tflint_grad.project.libraries import is_library

#: File and name of a class.
Class = tuple[str, str]
#: The same, and its bases as they are written.
Found = tuple[str, str, tuple[str, ...]]

#: Stand among members for `call` or `__call__`, and for a base like those of Keras.
CALLED = "()"
OF_KERAS = "(keras)"
_KERAS_LIKE = re.compile(r"(?:Model|Layer|Network|Sequential)$|\blayers\.\w+$")
_MODULE_LIKE = re.compile(r"Module$")
#: What every Keras model or layer, and every tf.Module, can be asked for.
KERAS_MEMBERS = frozenset(
    (
        *("__call__", "name", "weights", "losses", "metrics", "optimizer", "trainable"),
        *("variables", "trainable_variables", "trainable_weights"),
        *("compile", "fit", "predict", "summary", "save", "save_weights", "load_weights"),
    )
)


class Hierarchy:
    """Classes and their bases; a base is looked up by its name alone.

    First in the same file, unless the file imports it from a library; else the nearest class of that
    name in the project.
    """

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self._facts = facts
        self._holders: dict[str, frozenset[Class]] = {}
        self._below: dict[frozenset[str], dict[str, list[Class]]] = {}

    def nearest(self, path: str, members: frozenset[str], count: int) -> list[Class]:
        """The classes that have all of `members`: the nearest to a file first, then by name."""
        below = self._classes_below(members)
        found: set[Class] = set()
        for folder in _folders_of(path):
            # Of those that share this folder with the file, and no other below it, the first come
            # first; and those that share another one are nearer still.
            found.update(below.get(folder, ())[:count])
        return sorted(found, key=lambda cls: (distance(path, cls[0]), cls[1]))[:count]

    def _classes_below(self, members: frozenset[str]) -> dict[str, list[Class]]:
        """For each folder the classes in it and below, those that lie least deep first.

        So a question costs what it finds, however many classes of a project look alike.
        """
        if members not in self._below:
            found: dict[str, list[Class]] = {}
            classes = self.classes_with(members)
            for cls in sorted(classes, key=lambda cls: (cls[0].count(os.sep), *cls)):
                for folder in _folders_of(cls[0]):
                    found.setdefault(folder, []).append(cls)
            self._below[members] = found
        return self._below[members]

    def classes_with(self, members: frozenset[str]) -> frozenset[Class]:
        """The classes that have all of `members`; none for no members."""
        if not members:
            return frozenset()
        return frozenset.intersection(*map(self._with, sorted(members)))

    def found(self, cls: Class) -> Found:
        path, name = cls
        bases = (facts.bases for facts in self._facts[path].classes if facts.name == name)
        return path, name, next(bases)

    def _with(self, member: str) -> frozenset[Class]:
        if member not in self._holders:
            named = ("call", "__call__") if member == CALLED else (member,)
            own = {cls for name in named for cls in self._by_member.get(name, ())}
            _, keras_like, module_like = self._families
            if member == OF_KERAS or member in KERAS_MEMBERS:
                own |= keras_like
            if member in KERAS_MEMBERS:
                own |= module_like
            self._holders[member] = frozenset(self._with_descendants(own))
        return self._holders[member]

    def _with_descendants(self, classes: set[Class]) -> set[Class]:
        found, stack = set(classes), sorted(classes)
        while stack:
            for child in self._families[0].get(stack.pop(), ()):
                if child not in found:
                    found.add(child)
                    stack.append(child)
        return found

    @cached_property
    def _by_member(self) -> dict[str, list[Class]]:
        found: dict[str, list[Class]] = {}
        for path, facts in self._facts.items():
            for cls in facts.classes:
                for member in cls.members:
                    found.setdefault(member, []).append((path, cls.name))
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Class]]:
        found: dict[str, list[Class]] = {}
        for path, facts in self._facts.items():
            for cls in facts.classes:
                found.setdefault(cls.name, []).append((path, cls.name))
        return found

    @cached_property
    def _families(self) -> tuple[dict[Class, list[Class]], set[Class], set[Class]]:
        """The classes that name each class as a base; those with a base like one of Keras, and
        like tf.Module."""
        children: dict[Class, list[Class]] = {}
        keras_like, module_like = set[Class](), set[Class]()
        for path, facts in self._facts.items():
            if not facts.classes:
                continue
            here = {cls.name for cls in facts.classes}
            outside = {entry.bound for entry in facts.imports if is_library(entry.module)}
            for cls in facts.classes:
                for base in cls.bases:
                    parent = self._parent(path, cls, base, here, outside)
                    if parent is not None:
                        children.setdefault(parent, []).append((path, cls.name))
                    elif _KERAS_LIKE.search(base):
                        keras_like.add((path, cls.name))
                    elif _MODULE_LIKE.search(base):
                        module_like.add((path, cls.name))
        return children, keras_like, module_like

    def _parent(
        self, path: str, cls: ClassFacts, base: str, here: set[str], outside: set[str]
    ) -> Class | None:
        root, _, name = base.rpartition(".")
        if base.partition(".")[0] in outside:
            return None
        if not root and name in here:
            return (path, name) if name != cls.name else None
        named = [other for other in self._by_name.get(name, ()) if other != (path, cls.name)]
        return min(named, key=lambda other: distance(path, other[0])) if named else None


def _folders_of(path: str) -> tuple[str, ...]:
    """The folders that a file lies in, from the innermost."""
    return _with_parents(os.path.dirname(path))


@lru_cache(maxsize=4096)
def _with_parents(folder: str) -> tuple[str, ...]:
    parent = os.path.dirname(folder)
    return (folder,) if parent == folder else (folder, *_with_parents(parent))


def distance(path: str, other: str) -> tuple[int, str]:
    """How many folders lie between two files, then the other's path: a key that puts near first."""
    one, two = path.split(os.sep), other.split(os.sep)
    shared = 0
    for ours, theirs in zip(one, two, strict=False):
        if ours != theirs:
            break
        shared += 1
    return len(one) + len(two) - 2 * shared, other
