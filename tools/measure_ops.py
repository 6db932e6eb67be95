"""Measures what TensorFlow and Keras do to gradients: the evidence in `measured/`, then the table.

    python tools/measure_ops.py                 measure all, write evidence, table and report
    python tools/measure_ops.py --check         measure all, compare with the table, write nothing
    python tools/measure_ops.py --check --part 3/8      the same with every eighth call
    python tools/measure_ops.py --more          measure calls that have no evidence yet, write all
    python tools/measure_ops.py --no-edges      without edges, for an earlier version
    python tools/measure_ops.py --eager         without edges and graphs
    python tools/measure_ops.py --keras2        measure Keras 2, where tf_keras is installed
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
from collections.abc import Collection
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import report
import rows
from spec_lines import Line, class_lines, keras2_lines, operation_lines
from tables import Record, evidence, keras2, write_evidence, write_tables

ALL = ("graphs", "edges")


def measure_in_children(
    lines: list[Line], also: Collection[str] = ALL
) -> tuple[dict[str, Any], list[Record]]:
    """What there is, and all records; a line that kills its process has an error in its record."""
    records: list[Record] = []
    header: dict[str, Any] = {}
    while len(records) < len(lines):
        with _child() as child:
            assert child.stdin is not None and child.stdout is not None
            left = [asdict(line) for line in lines[len(records) :]]
            json.dump({"lines": left, "also": [*also]}, child.stdin)
            child.stdin.close()
            for text in child.stdout:
                if text.startswith("{"):
                    record = json.loads(text)
                    if "public" in record:
                        header = record
                    else:
                        records.append(record)
        if not header:
            raise SystemExit("the measuring process does not start: run tools/measure_child.py")
        if len(records) < len(lines):
            records.append(_of_a_killer(lines[len(records)], also))
    for record in records:
        record["name"] = header["aliases"].get(record["name"], record["name"])
    return header, records


def _of_a_killer(line: Line, also: Collection[str]) -> Record:
    """The record of a call that ends its process, or never ends: at edges, perhaps, only."""
    if not also:
        return {**asdict(line), "error": "kills the process, or takes too long"}
    return measure_in_children([line], ())[1][0]


def _child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("measure_child.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )


def measure_all(more: bool, also: Collection[str]) -> None:
    """Writes the evidence of the TensorFlow at hand; `more`: of calls that have none yet."""
    lines = operation_lines() + class_lines()
    known = [records for _, records in evidence_here()] if more else []
    kept = {(record["call"], record["kind"]): record for record in (known[0] if known else [])}
    new = [line for line in lines if (line.call, line.kind) not in kept]
    header, records = measure_in_children(new, also)
    wanted = {(line.call, line.kind) for line in lines}
    records += [record for key, record in kept.items() if key in wanted]
    write_evidence(header, records)


def measure_keras2() -> None:
    """Writes the evidence of the tf_keras at hand."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    header, records = measure_in_children(keras2_lines())
    there = [record for record in records if not rows.is_missing(record)]
    write_evidence({"measured": header["measured"]}, there, "tf_keras")


def evidence_here() -> list[tuple[dict[str, Any], list[Record]]]:
    """The evidence of the version that is installed, if there is any."""
    names = ("tensorflow", "tensorflow-cpu")
    here = {found for name in names if (found := _installed(name))}
    return [one for one in evidence() if one[0]["measured"]["tensorflow"] in here]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def check(part: str, of_keras2: bool = False) -> int:
    """Measures again; 1 where a row differs from the table's."""
    at, _, of = part.partition("/")
    if of_keras2:
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
    lines = keras2_lines() if of_keras2 else operation_lines() + class_lines()
    header, records = measure_in_children(lines[int(at) % int(of) :: int(of)], ())
    known = keras2(header["aliases"])[1] if of_keras2 else evidence_here()[0][1]
    # A name with several forms of call needs all of them.
    measured = Counter(record["name"] for record in records)
    forms = Counter(record["name"] for record in known if not rows.why_no_evidence(record))
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
    parser.add_argument("--more", action="store_true")
    parser.add_argument("--eager", action="store_true")
    parser.add_argument("--no-edges", action="store_true")
    parser.add_argument("--keras2", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.check:
        return check(options.part, options.keras2)
    if options.keras2:
        measure_keras2()
    elif not options.write:
        also = () if options.eager else ("graphs",) if options.no_edges else ALL
        measure_all(options.more, also)
    write_tables()
    report.write()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
