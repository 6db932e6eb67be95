"""The lines of the specifications, with brackets expanded; importable without TensorFlow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SPECS = Path(__file__).with_name("specs")
# Kinds of what is constructed first, and then called.
OBJECTS = ("layer", "loss", "metric", "constraint", "regularizer")
_MODULES = {"tf": "tensorflow", "tnp": "tensorflow.experimental.numpy", "keras": "keras"}
_BRACKET = re.compile(r"^([\w.]*\.)\[([\w. ]+)\](?=\()")
_HEADING = re.compile(r"^\[([a-z-]+)\]$")


@dataclass(frozen=True)
class Line:
    """One call to measure."""

    name: str
    call: str
    kind: str
    origin: str = "written"


def operation_lines(found: bool = True) -> list[Line]:
    """The calls of functions and operators: those written by hand, and those that were `found`."""
    lines: list[Line] = []
    for file in ("tensorflow", "experimental_numpy", "keras", "stubborn"):
        lines.extend(_expand(file, "op"))
    for row in rows_of("operators"):
        name, _, call = row.partition(": ")
        lines.append(Line(name, call, "op"))
    if found:
        written = {line.name for line in lines}  # a call that was chosen speaks for its name
        for file in ("found", "found_raw"):
            if (SPECS / f"{file}.txt").exists():
                for row in rows_of(file):
                    name, _, call = row.partition(": ")
                    if name not in written:
                        lines.append(Line(name, call, "op", "found"))
    return lines


def spelled(name: str) -> str:
    """A qualified name as specifications write it: tf.math.log."""
    for short, long in (("tnp", "tensorflow.experimental.numpy"), ("tf", "tensorflow")):
        if name.startswith(f"{long}."):
            return short + name[len(long) :]
    return name


def class_lines() -> list[Line]:
    """The calls of Keras objects: `Class(arguments)(inputs)`."""
    return [
        *_expand("layers", "layer"),
        *_expand("losses", "loss"),
        *_expand("metrics", "metric"),
    ]


def keras2_lines() -> list[Line]:
    """The calls of Keras that are made of Keras 2: those of Keras 3, and of what only Keras 2 has."""
    both = [line for line in operation_lines(found=False) + class_lines() if _of_keras(line)]
    return both + _expand("keras2", "op")


def _of_keras(line: Line) -> bool:
    return line.name.startswith("keras.") and not line.name.startswith(
        ("keras.ops.", "keras.tree.")
    )


def rows_of(file: str) -> list[str]:
    """The lines of a file of specifications that are neither empty nor comments."""
    text = (SPECS / f"{file}.txt").read_text(encoding="utf-8")
    return [row for row in text.splitlines() if row.strip() and not row.startswith("#")]


def _expand(file: str, kind: str) -> list[Line]:
    lines: list[Line] = []
    for row in rows_of(file):
        if heading := _HEADING.match(row):
            kind = heading[1]
            continue
        calls = [row]
        if bracket := _BRACKET.match(row):
            rest = row[bracket.end() :]
            calls = [f"{bracket[1]}{name}{rest}" for name in bracket[2].split()]
        lines.extend(Line(_qualified(call), call, kind) for call in calls)
    return lines


def _qualified(call: str) -> str:
    dotted = call.partition("(")[0]
    module, _, rest = dotted.partition(".")
    return f"{_MODULES[module]}.{rest}"
