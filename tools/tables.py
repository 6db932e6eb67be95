"""The evidence of each version of TensorFlow, and the lint-time tables that are made from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rows

EVIDENCE = Path(__file__).with_name("measured")
KNOWLEDGE = Path(__file__).parents[1] / "tflint_grad" / "knowledge"
RAW = "tensorflow.raw_ops."
Record = dict[str, Any]


def release(version: str) -> tuple[int, ...]:
    """2.21.0 -> (2, 21)."""
    return tuple(int(part) for part in version.split(".")[:2])


def keras2(aliases: dict[str, str]) -> tuple[dict[str, Any], list[Record]]:
    """What was measured of Keras 2, with the newest version of it, under the names of the table."""
    (newest,) = EVIDENCE.glob("tf_keras-*.jsonl")
    header, *records = map(json.loads, newest.read_text(encoding="utf-8").splitlines())
    for record in records:
        record["name"] = aliases.get(record["name"], record["name"])
    return header, records


def evidence() -> list[tuple[dict[str, Any], list[Record]]]:
    """What was measured on each version, the newest first: what there is, and the records."""
    found = []
    for file in EVIDENCE.glob("tensorflow-*.jsonl"):
        header, *records = map(json.loads, file.read_text(encoding="utf-8").splitlines())
        found.append((header, records))
    return sorted(found, key=lambda one: release(one[0]["measured"]["tensorflow"]), reverse=True)


def write_evidence(header: dict[str, Any], records: list[Record], of: str = "tensorflow") -> None:
    """One record a line, so that what changed is what a diff shows. `of`: or 'tf_keras'."""
    lines = [header, *sorted(records, key=lambda record: (record["name"], record["call"]))]
    of_keras = of == "tf_keras"
    name = f"{of}-{header['measured']['keras' if of_keras else 'tensorflow']}.jsonl"
    text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    (EVIDENCE / name).write_text(text, encoding="utf-8")


def write_tables() -> None:
    """`tensorflow.json` and `raw_ops.json` of the newest version; what was otherwise before it."""
    measured = evidence()
    header, records = measured[0]
    newest = _parts(records)
    aliases = dict(header["aliases"])
    meaningless = {
        record["call"]
        for record in records
        if record["origin"] == "found" and rows.why_no_evidence(record)
    }
    earlier = {}
    for older, old_records in measured[1:]:
        short = ".".join(map(str, release(older["measured"]["tensorflow"])))
        for record in old_records:
            record["name"] = aliases.get(record["name"], record["name"])
        # A call that means nothing today meant nothing then.
        old_records = [record for record in old_records if record["call"] not in meaningless]
        changes: dict[str, Any] = {}
        for part, old in _parts(old_records).items():
            new = newest[part]
            changes[part] = {
                name: old.get(name)
                for name in sorted(old.keys() | new.keys())
                if not (name in old and name in new and rows.says_the_same(old[name], new[name]))
            }
        earlier[short] = {"measured": older["measured"], **changes}
    _write(
        "tensorflow",
        {
            "measured": header["measured"],
            "aliases": _known(aliases, newest["operations"] | newest["classes"]),
            "operations": newest["operations"],
            "classes": newest["classes"],
        },
    )
    _write("raw_ops", newest["raw"])
    _write("earlier", earlier)
    _write("keras2", _of_keras2(newest, aliases))


def _of_keras2(newest: dict[str, dict[str, str]], aliases: dict[str, str]) -> dict[str, Any]:
    """What is otherwise in Keras 2, or is in Keras 2 only."""
    header, records = keras2(aliases)
    found = _parts(records)
    changes = {
        part: {
            name: row
            for name, row in found[part].items()
            if name.startswith("keras.")
            and not (name in newest[part] and rows.says_the_same(row, newest[part][name]))
        }
        for part in ("operations", "classes")
    }
    return {"measured": header["measured"], **changes}


def _parts(records: list[Record]) -> dict[str, dict[str, str]]:
    operations = dict(sorted(rows.operation_rows(records).items()))
    return {
        "operations": {k: v for k, v in operations.items() if not k.startswith(RAW)},
        "classes": dict(sorted(rows.class_rows(records).items())),
        "raw": {k: v for k, v in operations.items() if k.startswith(RAW)},
    }


def _known(aliases: dict[str, str], operations: dict[str, str]) -> dict[str, str]:
    return {alias: name for alias, name in sorted(aliases.items()) if name in operations}


def _write(name: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=0) + "\n"
    (KNOWLEDGE / f"{name}.json").write_text(text, encoding="utf-8")
