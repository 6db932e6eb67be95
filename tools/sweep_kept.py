"""What the programs of the sweep gave when they were run, kept in a file: a sweep can be cut off.

The linter is asked anew each time; a run is repeated only where the program that makes the programs,
or TensorFlow, has changed.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from spec_lines import Line

FILE = Path(__file__).parents[1] / ".sweep.jsonl"
_TOOLS = ("sweep_child.py", "sweep_programs.py", "sources.py")
Answer = dict[str, Any]


class Kept:
    """The answers by line and mode."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        self._answers: dict[str, Answer] = {}
        head, *rows = file.read_text("utf-8").splitlines() if file.exists() else [""]
        if head == _made_by():
            self._answers = {row["asked"]: row["answer"] for row in map(json.loads, rows)}
        else:
            file.write_text(_made_by() + "\n", "utf-8")

    def get(self, line: Line, mode: str) -> Answer | None:
        """The answer, if it is known."""
        return self._answers.get(_key(line, mode))

    def keep(self, line: Line, mode: str, answer: Answer) -> None:
        """Written at once: the next program may be the last."""
        self._answers[_key(line, mode)] = answer
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"asked": _key(line, mode), "answer": answer}) + "\n")


def _key(line: Line, mode: str) -> str:
    return f"{mode} {line.kind} {line.call}"


def _made_by() -> str:
    """What the answers depend on, in one line."""
    text = b"".join(Path(__file__).with_name(name).read_bytes() for name in _TOOLS)
    packages = ("tensorflow", "tensorflow-cpu", "keras")
    return json.dumps([hashlib.sha256(text).hexdigest(), *map(_version, packages)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
