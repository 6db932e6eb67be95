"""What a process leaves for the linter: written as it goes, since a process may end at any moment."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any

#: Counts are written at most so often (seconds); what is new is written at once.
_PAUSE = 1.0


class Journal:
    """The file of one process; each writing replaces it as a whole."""

    def __init__(self, folder: str, told: Callable[[], dict[str, Any]]) -> None:
        self._folder = folder
        self._told = told
        self._lock = threading.RLock()
        self._name = ""
        self._next = 0.0

    def note(self, new: bool) -> None:
        """Something was seen: anything new, or what was seen before, once more."""
        if new or time.monotonic() >= self._next:
            self.write()

    def write(self, over: bool = False) -> None:
        """Write all that is known; without a word where the folder is gone or the disk full."""
        with self._lock:
            self._next = time.monotonic() + _PAUSE
            if not self._name:
                self._name = os.path.join(self._folder, f"{os.getpid()}-{time.time_ns()}.json")
            unfinished = f"{self._name}.part"
            try:
                text = json.dumps({**self._told(), "over": over})
                with open(unfinished, "w", encoding="utf-8") as stream:
                    stream.write(text)
                os.replace(unfinished, self._name)
            except Exception:  # the folder is gone, or a thread adds to what is being written
                self._next = 0.0

    def after_fork(self) -> None:
        """A child has a file of its own, and a lock that nobody holds."""
        self._lock = threading.RLock()
        self._name = ""
