"""Measures what TensorFlow and Keras do to gradients: the evidence in `measured/`, then the table.

    python tools/measure_ops.py                 measure all, write evidence, table and report
    python tools/measure_ops.py --check         measure all, compare with the table, write nothing
    python tools/measure_ops.py --check --part 3/8      the same with every eighth call
    python tools/measure_ops.py --write         write table and report from the evidence there is

Needs TensorFlow; linting does not. With another Python that has another TensorFlow, the same
command adds that version to the table. The batch runs in a child process, which is started anew
behind a call that kills it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import report
import rows
from spec_lines import class_lines, operation_lines
from tables import evidence, write_evidence, write_tables


def measure_in_children(
    step: int = 1, part: int = 0, whole: bool = True
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What there is, and all records; a line that kills its process has an error in its record."""
    lines = operation_lines() + class_lines()
    records: list[dict[str, Any]] = []
    header: dict[str, Any] = {}
    begin = 0
    while begin < len(lines):
        child = _start(begin, step, part, whole)
        assert child.stdout is not None
        for text in child.stdout:
            if not text.startswith("{"):
                continue
            record = json.loads(text)
            begin = record.pop("index") + 1
            if "public" in record:
                header = record
            else:
                records.append(record)
        code = child.wait()
        if code == 0:
            break
        if not header:
            raise SystemExit("the measuring process does not start: run tools/measure_child.py")
        while begin % step != part:
            begin += 1
        if begin < len(lines):
            line = lines[begin]
            killed = {"name": line.name, "call": line.call, "kind": line.kind}
            records.append({**killed, "origin": line.origin, "error": "kills the process"})
            begin += 1
    for record in records:
        record["name"] = header["aliases"].get(record["name"], record["name"])
    return header, records


def _start(begin: int, step: int, part: int, whole: bool) -> subprocess.Popen[str]:
    script = str(Path(__file__).with_name("measure_child.py"))
    arguments = (*map(str, (begin, step, part)), "whole" if whole else "eager")
    return subprocess.Popen(
        [sys.executable, script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )


def check(part: str) -> int:
    """Measures again; 1 where a row differs from the table's."""
    at, _, of = part.partition("/")
    _, records = measure_in_children(int(of), int(at) % int(of), whole=False)
    # A name with several forms of call needs all of them.
    measured = Counter(record["name"] for record in records)
    forms = Counter(record["name"] for record in known)
    whole = {name for name, count in measured.items() if count == forms[name]}
    again = [record for record in records if record["name"] in whole]
    before = [record for record in known if record["name"] in whole]
    differences = 0
    for make in (rows.operation_rows, rows.class_rows):
        old, new = make(before), make(again)
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                differences += 1
                print(f"{name}: {old.get(name)} -> {new.get(name)}")
    print(f"{len(whole)} names measured again, {differences} differences")
    return 1 if differences or not whole else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.check:
        return check(options.part)
    if not options.write:
        write_evidence(*measure_in_children())
    write_tables()
    report.write()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
