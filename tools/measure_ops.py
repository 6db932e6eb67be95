"""Measures what TensorFlow and Keras do to gradients; writes the table of `knowledge/`.

    python tools/measure_ops.py             measure all, write the table, report
    python tools/measure_ops.py --check     measure all, compare with the table, write nothing

Needs TensorFlow; linting does not. The batch runs in one child process, which is started anew
behind a call that kills it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from spec_lines import Line, class_lines, operation_lines, rows_of

TABLE = Path(__file__).parents[1] / "tflint_grad" / "knowledge" / "tensorflow.json"
# Parameters that no call in the specifications shows, and whose name says that they are no data.
_NO_DATA = (
    "adjoint_a adjoint_b align_corners axes axis batch_dims blank_index data_format depth dim dims "
    "direction dtype epsilon exclusive extra_fields full_matrices indices index_type invert k "
    "keepdims label_length labels_type logit_length logits_time_major max_shape method name "
    "num_segments ord output_type padding parallel_iterations perm reverse seed shape side size "
    "sorted stable strides swap_memory transpose_a transpose_b dilations rate_ antialias "
    "preserve_aspect_ratio use_locking infer_shape order optimize"
)
DETACHED_NAMES = frozenset(_NO_DATA.split())
_RANK = ("none", "zero", "fails", "unregistered", "flows")


def best(statuses: list[str]) -> str:
    """What counts over several regimes, arguments and results: it flows if it ever flows."""
    return max(statuses, key=_RANK.index, default="none")


def measure_in_children(lines: list[Line]) -> tuple[list[dict], list[str]]:
    """All records; a line that kills its process is left out and named."""
    records: list[dict] = []
    killed: list[str] = []
    begin = 0
    while begin < len(lines):
        child = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("measure_child.py")), str(begin)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        )
        assert child.stdout is not None
        for text in child.stdout:
            if text.startswith("{"):
                records.append(json.loads(text))
                begin = records[-1]["index"] + 1
        if child.wait() != 0 and not records:
            raise SystemExit("the measuring process does not start: run tools/measure_child.py 0")
        if child.returncode != 0 and begin < len(lines):
            killed.append(lines[begin].call)
            begin += 1
        elif child.returncode == 0:
            break
    return records, killed


def operation_rows(records: list[dict]) -> dict[str, str]:
    """One row for each name; several forms of call are merged."""
    grouped: dict[str, list[dict]] = {}
    for record in records:
        if record["kind"] not in ("layer", "loss", "metric") and "error" not in record:
            grouped.setdefault(record["name"], []).append(record)
    rows = {name: _row(forms) for name, forms in grouped.items()}
    for text in rows_of("declared"):
        name, gradient, dtype, kind, parameters, detached = (*text.split(), "", "")[:6]
        rows[name] = _join(
            gradient, dtype, kind, parameters.split(","), detached.split(","), [], []
        )
    for text in rows_of("tensor_methods"):
        name, gradient, dtype, kind, parameters, detached = (*text.split(), "", "")[:6]
        row = _join(gradient, dtype, kind, parameters.split(","), detached.split(","), [], [])
        rows[f"Tensor.{name}"] = row
    return rows


def _row(forms: list[dict]) -> str:
    gradient = best([form["gradient"] for form in forms])
    parameters = next((form["parameters"] for form in forms if form["parameters"]), [])
    status: dict[str, list[str]] = {}
    for form in forms:
        for name, value in form["arguments"].items():
            status.setdefault(name, []).append(value)
    detached = [
        name
        for name in parameters
        if (best(status[name]) == "none" if name in status else name in DETACHED_NAMES)
        # Where nothing flows, an argument that was measured is what is cut, not what is detached.
        and not (gradient == "none" and name in forms[0]["measured"])
    ]
    # The form through which a gradient flows tells the type: tf.where(c, x, y), not tf.where(c).
    telling = max(forms, key=lambda form: _RANK.index(form["gradient"]))
    dtypes = {form["dtype"] for form in forms}
    if dtypes == {"float", "same"}:  # tf.one_hot: float unless its values say otherwise
        dtypes = {"float"}
        telling = {**telling, "dtype": "float"}
    dtype = telling["dtype"] if len(dtypes) == 1 or gradient == "flows" else "any"
    return _join(
        gradient,
        dtype,
        telling["kind"],
        parameters,
        detached,
        telling["outputs"],
        telling["output_dtypes"],
    )


def _join(
    gradient: str,
    dtype: str,
    kind: str,
    parameters: list[str],
    detached: list[str],
    outputs: list[str],
    dtypes: list[str],
) -> str:
    fields = (parameters, detached, outputs, dtypes)
    return "|".join((gradient, dtype, kind, *(" ".join(field).strip() for field in fields)))


def class_rows(records: list[dict]) -> dict[str, str]:
    """`kind|gradient to the input|flags|detached arguments` for each class of Keras."""
    rows: dict[str, str] = {}
    for record in records:
        if record["kind"] in ("layer", "loss", "metric") and "error" not in record:
            fields = (" ".join(record["flags"]), " ".join(record["detached"]))
            rows[record["name"]] = "|".join((record["kind"], record["gradient"], *fields))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    lines = operation_lines() + class_lines()
    records, killed = measure_in_children(lines)
    header = next(record for record in records if "aliases" in record)
    records.remove(header)
    aliases: dict[str, str] = header["aliases"]
    for record in records:
        record["name"] = aliases.get(record["name"], record["name"])
    operations = operation_rows(records)
    known = {alias: name for alias, name in aliases.items() if name in operations}
    table = {
        "measured": header["measured"],
        "aliases": dict(sorted(known.items())),
        "operations": dict(sorted(operations.items())),
        "classes": dict(sorted(class_rows(records).items())),
    }
    for record in records:
        if "error" in record:
            print("not measured:", record["call"], record["error"])
        elif record.get("graph"):
            print("differs in a graph:", record["call"], record["graph"])
    print("killed the process:", killed or "none")
    old = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    differences = 0
    for part in ("operations", "classes"):
        before, after = old.get(part, {}), table[part]
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                differences += 1
                print(f"{name}: {before.get(name)} -> {after.get(name)}")
    print(f"{len(operations)} operations, {len(table['classes'])} classes, {len(known)} aliases,")
    print(f"{differences} differences")
    if options.check:
        return 1 if differences else 0
    TABLE.write_text(json.dumps(table, indent=0) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
