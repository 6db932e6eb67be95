"""What is executed for some findings: plain data, so that it can enter the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tflint_grad.verify.question import Question

#: How an entry is executed.
MODULE, CALL, FIT, LOSS, MAIN = "module", "call", "fit", "loss", "main"


@dataclass(frozen=True, order=True)
class Entry:
    """The smallest thing to execute: the module, a function or method by its qualified name, a Keras
    class or loss function under `fit`, the module as a script."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "module":
                return "the module"
            case "main":
                return "the module as a script"
            case "fit":
                return f"fit() of {self.name}"
            case "loss":
                return f"fit() with the loss {self.name}"
        return f"{self.name}()"


@dataclass(frozen=True)
class Job:
    """One file: its findings, and the entries that may reach each of them, the smallest first.

    `files` are watched; `inputs` are the user's, by the function's qualified name; `seconds` bounds
    each scene; `search` has the folders that its imports are looked up in, as the analysis does.
    """

    number: int
    file: str
    root: str
    module: str
    files: tuple[str, ...]
    questions: tuple[Question, ...]
    entries: Mapping[int, tuple[Entry, ...]]
    inputs: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    skipped: tuple[Entry, ...] = ()
    search: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "file": self.file,
            "root": self.root,
            "module": self.module,
            "files": list(self.files),
            "questions": [one.as_json() for one in self.questions],
            "entries": {
                str(number): [[one.kind, one.name] for one in entries]
                for number, entries in self.entries.items()
            },
            "inputs": dict(self.inputs),
            "seconds": self.seconds,
            "skipped": [[one.kind, one.name] for one in self.skipped],
            "search": list(self.search),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Job:
        return cls(
            number=data["number"],
            file=data["file"],
            root=data["root"],
            module=data["module"],
            files=tuple(data["files"]),
            questions=tuple(Question.from_json(one) for one in data["questions"]),
            entries={
                int(number): tuple(Entry(*one) for one in entries)
                for number, entries in data["entries"].items()
            },
            inputs=data["inputs"],
            seconds=data["seconds"],
            skipped=tuple(Entry(*one) for one in data["skipped"]),
            search=tuple(data["search"]),
        )
