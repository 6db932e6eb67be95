"""Lints and runs a tiny program for every operation of the measured table: both must agree.

    python tools/sweep_ops.py                 all operations, in all modes
    python tools/sweep_ops.py --sample 40     some of them, the same ones every time
    python tools/sweep_ops.py --only argmax   those whose name holds the word
    python tools/sweep_ops.py --anew          run all again, whatever was run before

Needs TensorFlow. What was run is kept in `.sweep.jsonl`, so that a sweep may be cut off, and the
linter is asked anew within some minutes. A sweep of all is counted in `docs/knowledge.md`.
Disagreements that are meant are listed, with reasons, in `specs/sweep_exceptions.txt`; one that has
gone must be struck out.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import report
import sweep_kept
from spec_lines import Line, class_lines, operation_lines, rows_of

from tflint_grad.findings import Severity
from tflint_grad.knowledge import table
from tflint_grad.knowledge.names import canonical
from tflint_grad.outline import outline
from tflint_grad.rules import check
from tflint_grad.source.text import source_from_bytes

# Where the tape is: in eager code, inside of a tf.function, or around one.
MODES = ("eager", "graph", "outside")
_SAYS = {
    "gradient-none": "none",
    "gradient-zero": "zero",
    "gradient-wrong": "wrong",
    "raises": "raises",
}


def every_line() -> list[Line]:
    """All calls: those that are measured, and those of methods and of what is declared.

    Not those that a search found and that show nothing of their function: it is unknown to the table.
    """
    lines = [
        line
        for line in operation_lines() + class_lines()
        if line.origin != "found" or table.row(canonical(line.name)) is not None
    ]
    for row in rows_of("swept"):
        name, _, call = row.partition(": ")
        lines.append(Line(name, call, "op"))
    return lines


def swept(
    lines: list[Line], modes: list[str], kept: sweep_kept.Kept
) -> Iterator[tuple[Line, str, dict[str, Any]]]:
    """Each line and mode with what a run gives, from the child process or from before.

    The child is started anew where a call kills it.
    """
    child: subprocess.Popen[str] | None = None
    for line, mode in product(lines, modes):
        answer = kept.get(line, mode)
        if answer is None:
            if child is None or child.poll() is not None:
                child = _child()
            answer = _asked(child, line, mode)
            kept.keep(line, mode, answer)
        yield line, mode, answer
    if child is not None and child.stdin is not None:
        child.stdin.close()
        child.wait()


def _asked(child: subprocess.Popen[str], line: Line, mode: str) -> dict[str, Any]:
    assert child.stdin is not None
    assert child.stdout is not None
    question = {"line": [line.name, line.call, line.kind], "mode": mode}
    try:
        child.stdin.write(json.dumps(question) + "\n")
        child.stdin.flush()
        text = child.stdout.readline()
    except BrokenPipeError:
        text = ""
    if text:
        answer: dict[str, Any] = json.loads(text)
        return answer
    child.wait()
    return {"unsuited": "kills the process"}


def _child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sweep_child.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
        },
    )


def linted(record: dict[str, Any]) -> None:
    """Adds what the linter says of the program: errors and warnings."""
    program = record["program"]
    source = source_from_bytes(program.encode(), "program.py")
    assert source is not None
    found = [one for one in check(outline(source)) if one.severity > Severity.ADVICE]
    row = program[: program.index("return weighed(")].count("\n") + 1
    record["lint"] = [_SAYS.get(str(one.consequence), "other") for one in found]
    record["codes"] = [one.code for one in found]
    record["misplaced"] = any(one.location.row != row for one in found)


def agree(record: dict[str, Any]) -> bool:
    """Whether the linter says what happens, at the operation's own line."""
    if record["misplaced"]:
        return False
    lint, run = record["lint"], record["run"]
    match run:
        case "flows":
            return not lint
        case "cannot":  # a call that fails by itself is no matter of gradients
            return set(lint) <= {"raises"}
        case _:
            return set(lint) == {run}


class Exceptions:
    """Disagreements that are meant, from `specs/sweep_exceptions.txt`."""

    def __init__(self) -> None:
        self._rows = [text.partition(": ")[0] for text in rows_of("sweep_exceptions")]
        self._met: set[str] = set()

    def hold(self, line: Line, mode: str, record: dict[str, Any]) -> bool:
        """Whether a disagreement is one of them."""
        said = ",".join(sorted(set(record["lint"]))) or "nothing"
        asked = (line.name, mode, said, record["run"])
        for row in self._rows:
            if all(
                fnmatch.fnmatchcase(one, way) for one, way in zip(asked, row.split(), strict=True)
            ):
                self._met.add(row)
                return True
        return False

    def unmet(self) -> list[str]:
        """Rows that nothing has asked for."""
        return [row for row in self._rows if row not in self._met]


def forgotten(lines: list[Line]) -> list[str]:
    """Names of the table that no call speaks of, and no reason either."""
    called = {canonical(line.name) for line in lines}
    left_out = [row.partition(": ")[0] for row in rows_of("not_swept")]
    return [
        name
        for name in (*table.rows(), *table.classes())
        if canonical(name) not in called
        and not any(fnmatch.fnmatchcase(name, one) for one in left_out)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, help="how many operations, drawn by their names")
    parser.add_argument("--only", help="part of a name")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--anew", action="store_true", help="run again what was run before")
    parser.add_argument("--verbose", action="store_true", help="name what could not be swept")
    arguments = parser.parse_args()
    lines = every_line()
    if arguments.only:
        lines = [line for line in lines if arguments.only in line.name]
    if arguments.sample:
        lines = sorted(lines, key=lambda line: zlib.crc32(line.call.encode()))
        lines = lines[: arguments.sample]
    exceptions = Exceptions()
    counts: Counter[str] = Counter()
    unsuited: dict[str, str] = {}
    if arguments.anew:
        sweep_kept.FILE.unlink(missing_ok=True)
    for line, mode, answer in swept(lines, arguments.modes, sweep_kept.Kept()):
        if "unsuited" in answer:
            unsuited[f"{line.name}: {line.call}"] = answer["unsuited"]
            continue
        counts["operations"] += mode == arguments.modes[0]
        for record in answer["records"]:
            linted(record)
            counts["programs"] += 1
            if agree(record):
                counts[f"agree: {record['run']}"] += 1
            elif exceptions.hold(line, mode, record):
                counts["excepted"] += 1
            else:
                counts["DISAGREE"] += 1
                said = ",".join(
                    f"{c} {w}" for c, w in zip(record["codes"], record["lint"], strict=True)
                )
                print(
                    f"{line.name} {mode} {line.call}{record['leaf']} to"
                    f" {record['source']}: lint says {said or 'nothing'}, run: {record['run']}"
                    f" {record['error']}{' MISPLACED' if record['misplaced'] else ''}",
                    flush=True,
                )
    is_whole = not (arguments.sample or arguments.only) and len(arguments.modes) == len(MODES)
    unmet = exceptions.unmet() if is_whole else []
    for row in unmet:
        print(f"an exception that is none any more: {row}")
    for name, reason in unsuited.items() if arguments.verbose else ():
        print(f"not swept: {name}: {reason}")
    reasons = Counter(reason.partition(":")[0] for reason in unsuited.values())
    print(f"{dict(counts)}; calls without a program: {dict(reasons)}")
    left = forgotten(lines) if is_whole else []
    if left:
        print(f"names of the table without a call or a reason: {' '.join(left)}")
    if is_whole:
        report.write_sweep({**counts, "excepted rows": len(rows_of("sweep_exceptions"))})
    return 1 if counts["DISAGREE"] or unmet or left else 0


if __name__ == "__main__":
    sys.exit(main())
