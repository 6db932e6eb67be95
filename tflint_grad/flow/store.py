"""The store: everything that changes during execution, in one dictionary with an undo log."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

Key = tuple[Hashable, ...]
Changes = dict[Key, Any]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Store:
    """Cells by key. A branch is run, taken back and joined on the keys that it wrote."""

    def __init__(self) -> None:
        self._cells: dict[Key, Any] = {}
        self._log: list[tuple[Key, Any]] = []

    def get(self, key: Key, default: Any = None) -> Any:
        return self._cells.get(key, default)

    def items(self) -> list[tuple[Key, Any]]:
        return list(self._cells.items())

    def __contains__(self, key: Key) -> bool:
        return key in self._cells

    def set(self, key: Key, value: Any) -> None:
        old = self._cells.get(key, ABSENT)
        if old is value:
            return
        self._log.append((key, old))
        self._cells[key] = value

    def remove(self, key: Key) -> None:
        old = self._cells.pop(key, ABSENT)
        if old is not ABSENT:
            self._log.append((key, old))

    def mark(self) -> int:
        return len(self._log)

    def changes(self, mark: int) -> Changes:
        """What the cells written since the mark hold now."""
        return {key: self._cells.get(key, ABSENT) for key, _ in self._log[mark:]}

    def before(self, mark: int) -> Changes:
        """What the cells written since the mark held then."""
        held: Changes = {}
        for key, old in self._log[mark:]:
            held.setdefault(key, old)
        return held

    def settle(self, mark: int) -> None:
        """Keep what was written since the mark, as if it had been there before every branch."""
        del self._log[mark:]

    def take_back(self, mark: int) -> Changes:
        """Undo everything since the mark and return what was there."""
        written = self.changes(mark)
        log, cells = self._log, self._cells
        while len(log) > mark:
            key, old = log.pop()
            if old is ABSENT:
                cells.pop(key, None)
            else:
                cells[key] = old
        return written

    def apply(self, changes: Changes) -> None:
        for key, value in changes.items():
            if value is ABSENT:
                self.remove(key)
            else:
                self.set(key, value)

    def join(self, alternatives: Iterable[Changes], merge: Callable[[Key, list[Any]], Any]) -> None:
        """Continue with what holds after any of the alternatives, each run from the present state.

        `merge` gets a key and the different contents (ABSENT where an alternative has none).
        """
        branches = list(alternatives)
        if len(branches) == 1:
            self.apply(branches[0])
            return
        keys: dict[Key, None] = {}
        for branch in branches:
            keys.update(dict.fromkeys(branch))
        for key in keys:
            base = self._cells.get(key, ABSENT)
            contents: list[Any] = []
            for branch in branches:
                content = branch.get(key, base)
                if all(content is not known for known in contents):
                    contents.append(content)
            merged = contents[0] if len(contents) == 1 else merge(key, contents)
            if merged is ABSENT:
                self.remove(key)
            else:
                self.set(key, merged)
