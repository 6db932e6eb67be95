"""Writes `docs/knowledge.md`: what is measured, what comes out, and what is not measured and why."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import rows
from api_walk import tensor_free
from declarations import declarations
from spec_lines import rows_of
from tables import EVIDENCE, RAW, Record, evidence, keras2, release

PAGE = Path(__file__).parents[1] / "docs" / "knowledge.md"
_SWEEP = EVIDENCE / "sweep.json"
ROOMS = ("keras.ops", "tensorflow.nn", "tensorflow.math", "tensorflow.linalg")
_HEAD = """# What is measured of TensorFlow

*Written by `make knowledge`; do not edit.*

What tflint-grad believes of an operation was measured by calling it. Each call runs in several
regimes of values (between 0.1 and 0.9, of any sign, large, negative), since one point proves
nothing: `elu` and `relu` are flat somewhere. For each float argument and each result the record says
what comes back: a gradient, `None`, zeros in every regime, a `LookupError` (no gradient is
registered), or another error. The same is asked with the tape inside a `tf.function` and around it,
and with all elements 0, 1, -1 or huge: where does a finite result have an infinite gradient?
That TensorFlow's registry has an entry for an operation is no evidence: `Floor`, `Round`, `Sign` and
`ArgMax` have one.

The records lie in `tools/measured/`, one a line; they are not part of the wheel. The tables that
linting reads (`tflint_grad/knowledge/*.json`) are made from them. A name without a row is unknown,
and lets gradients through. `tensorflow-version` in `[tool.tflint-grad]` selects among the versions
below: the newest that is not newer. Earlier versions are measured in eager code and in graphs, not
at the edges. Names of Keras 2 (`tf_keras`, and `tf.keras` where a `tensorflow-version` before 2.16 is
selected) have rows of their own where they differ.
"""


_LOUD = ("unregistered", "fails")
_LISTED = (
    "flows in part: some float argument or result has none",
    "zero in every regime",
    "`LookupError`: none is registered",
    "another error in the gradient function",
)
_PROTOTYPE = """A first, quick prototype had 1,320 of 1,376 callables: 803 flow, 108 `None`, 68 boolean,
44 whole numbers, 34 `LookupError`, 46 in part, 7 zero. Its records are not kept; this is where the
numbers here come from, and why they may differ:

- More is counted: layers, losses, metrics, constraints and regularizers, once each, nearly all of
  which flow; and callables that take no float argument at all (`tf.strings`, `tf.io`, samplers),
  in a row of their own.
- Two of the prototype's seven zeros were flat at its one point only. Here, zero is what is zero in
  every regime of values.
- *In part* needs a float argument or a float result without a gradient, or a second result that is
  none. Indices, shapes, axes and conditions are no float arguments.
- Several forms of a call count once, by the best that comes back: `tf.where(c)` has no gradient,
  `tf.where(c, x, y)` has.
"""


def write() -> None:
    """The whole page."""
    measured = evidence()
    header, records = measured[0]
    public = [name for name in header["public"] if not tensor_free(name)]
    floats = frozenset(header["raw_with_floats"])
    problems = {r["name"]: why for r in records if (why := rows.why_no_evidence(r, floats))}
    shown = {r["name"] for r in records if not rows.why_no_evidence(r, floats)}
    declared = {one.name for one in declarations("declared")}
    covered = [name for name in public if name in shown]
    by_declaration = [name for name in public if name in declared and name not in shown]
    lost = [name for name in public if name not in shown and name not in declared]
    tried = dict(text.split(": ", 1) for text in rows_of("not_found"))
    parts = [_HEAD, *_versions(measured)]
    count = len(covered) + len(by_declaration)
    parts += [
        "## Coverage\n",
        "Public callables outside `tf.raw_ops` that take and return tensors, aliases counted once "
        "(`tools/specs/tensor_free.txt` says what was left out, and why):\n",
        "| | callables | measured | declared | share |",
        "|---|---|---|---|---|",
        _coverage("all", public, covered, by_declaration),
    ]
    for room in ROOMS:
        inside = _inside(room, header)
        parts.append(_coverage(f"`{room}`", inside, [n for n in inside if n in shown],
                               [n for n in inside if n in declared and n not in shown]))  # fmt: skip
    parts += [
        "",
        f"That is {count} of {len(public)}. Declared is what a call cannot show, such as `tf.cond` "
        "or `tf.function`, where what is handed over decides (`tools/specs/declared.txt`).\n",
        "## What comes back\n",
        _PROTOTYPE,
        *_outcomes(records, {*public}),
        *_not_measured("## Not measured\n", lost, {**tried, **problems}),
        *_differences(measured),
        *_keras2(records, header["aliases"]),
        *_graphs(records),
        *_edges(records),
        *_raw(header, records, shown, problems),
        *_swept(),
    ]
    PAGE.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def write_sweep(counts: dict[str, int]) -> None:
    """What a sweep over all operations has counted, and the page with it."""
    text = json.dumps(counts, indent=0, sort_keys=True) + "\n"
    _SWEEP.write_text(text, encoding="utf-8")
    write()


def _swept() -> list[str]:
    counts = json.loads(_SWEEP.read_text(encoding="utf-8"))
    agreed = {key.partition(": ")[2]: n for key, n in counts.items() if key.startswith("agree")}
    return [
        "## Lint and run\n",
        f"`make sweep` makes a program for each call, source and result, with the tape in eager code, "
        f"inside of a `tf.function` and around one; lints it, and runs it. The last one: "
        f"{counts['programs']} programs for {counts['operations']} calls, of which "
        f"{counts.get('DISAGREE', 0)} disagree and {counts['excepted']} fall under one of "
        f"{counts['excepted rows']} exceptions with a reason (`tools/specs/sweep_exceptions.txt`). "
        "The others agree:\n",
        "| a run gives | programs |",
        "|---|---|",
        *(f"| {run} | {count} |" for run, count in sorted(agreed.items())),
        "",
        "*cannot* is a call that fails by itself, without any tape.",
    ]


def _versions(measured: list[tuple[dict[str, Any], list[Record]]]) -> list[str]:
    lines = ["| TensorFlow | Keras | NumPy | Python | calls measured |", "|---|---|---|---|---|"]
    for header, records in measured:
        it = header["measured"]
        good = sum("error" not in record for record in records)
        lines.append(
            f"| {it['tensorflow']} | {it['keras']} | {it['numpy']} | {it['python']} | {good} |"
        )
    header, records = keras2({})
    it = header["measured"]
    lines.append(
        f"| {it['tensorflow']} | tf_keras {it['keras']} | {it['numpy']} | {it['python']} |"
        f" {len(records)} |"
    )
    return [*lines, ""]


def _coverage(title: str, of: list[str], measured: list[str], declared: list[str]) -> str:
    share = 100.0 * (len(measured) + len(declared)) / max(1, len(of))
    return f"| {title} | {len(of)} | {len(measured)} | {len(declared)} | {share:.1f} % |"


def _inside(room: str, header: dict[str, Any]) -> list[str]:
    """What is public in a module, whatever its canonical name is."""
    aliases = header["aliases"]
    names = {name for name in header["public"] if name.startswith(f"{room}.")}
    names |= {best for alias, best in aliases.items() if alias.startswith(f"{room}.")}
    return sorted(name for name in names & header["public"].keys() if not tensor_free(name))


def outcome(records: list[Record]) -> str:
    """In which of the report's classes a function belongs."""
    gradient = rows.best([record["gradient"] for record in records])
    measured = any(record["measured"] for record in records)
    telling = max(records, key=lambda record: rows.best([record["gradient"], "none"]) == gradient)
    if gradient == "flows":
        every = [record["arguments"][name] for record in records for name in record["measured"]]
        whole = all(status == "flows" for status in every)
        outputs = [status for record in records for status in record["outputs"]]
        if whole and all(status == "flows" for status in outputs):
            return "flows from every float argument to every result"
        return "flows in part: some float argument or result has none"
    if gradient == "zero":
        return "zero in every regime"
    if gradient == "unregistered":
        return "`LookupError`: none is registered"
    if gradient == "fails":
        return "another error in the gradient function"
    if not measured:
        return "takes no float argument"
    dtype = telling["dtype"]
    names = {"bool": "boolean", "int": "whole numbers", "string": "strings"}
    return f"`None`: the result is {names[dtype]}" if dtype in names else "`None`"


def _outcomes(records: list[Record], names: set[str]) -> list[str]:
    grouped: dict[str, list[Record]] = {}
    for record in records:
        if record["name"] in names and not rows.why_no_evidence(record):
            grouped.setdefault(record["name"], []).append(record)
    outcomes: dict[str, list[str]] = {}
    for name in sorted(grouped):
        outcomes.setdefault(outcome(grouped[name]), []).append(name)
    lines = ["| gradient | callables |", "|---|---|"]
    most = sorted(outcomes, key=lambda one: -len(outcomes[one]))
    lines += [f"| {one} | {len(outcomes[one])} |" for one in most]
    for one in most:
        if one in _LISTED:
            lines += ["", f"{one[:1].upper()}{one[1:]}: {_names(outcomes[one])}."]
    return [*lines, ""]


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name.replace('tensorflow.', 'tf.', 1)}`" for name in names)


def _not_measured(title: str, names: list[str], reasons: dict[str, str]) -> list[str]:
    patterns = [text.split(": ", 1) for text in rows_of("not_called")]
    lines = [title, "| name | why |", "|---|---|"]
    for name in sorted(names):
        written = (reason for pattern, reason in patterns if re.fullmatch(pattern, name))
        why = next(written, reasons.get(name, "no call was found")).replace("|", "\\|")
        lines.append(f"| `{name}` | {why[:140]} |")
    return [*lines, ""]


def _differences(measured: list[tuple[dict[str, Any], list[Record]]]) -> list[str]:
    lines: list[str] = []
    newest = rows.operation_rows(measured[0][1])
    for header, records in measured[1:]:
        short = ".".join(map(str, release(header["measured"]["tensorflow"])))
        old = rows.operation_rows(records)
        lines += [f"## What was otherwise in TensorFlow {short}\n"]
        fields = ("gradient", "type", "kind")
        for name in sorted(old.keys() & newest.keys()):
            before, after = old[name].split("|"), newest[name].split("|")
            changes = [
                f"{field} was {was or 'none'}, is {now or 'none'}"
                for field, was, now in zip(fields, before, after, strict=False)
                if was != now
            ]
            if changes:
                lines.append(f"- `{name}`: {'; '.join(changes)}")
        lines += [*_graph_changes(measured[0][1], records), ""]
    return lines


def _graph_changes(newest: list[Record], earlier: list[Record]) -> list[str]:
    """What only a graph does otherwise, in the same call with the same gradient in eager code."""
    now = {(one["call"], one["gradient"]): one["graph"] for one in newest if one.get("graph")}
    lines = []
    for record in earlier:
        then = record.get("graph") or {}
        graph = now.get((record["call"], record.get("gradient")), then)
        lines += [
            f"- `{record['call']}`, tape {where}: {then[where]}; is {graph[where]}"
            for where in then
            if then[where].partition(" ")[0] != graph[where].partition(" ")[0]
        ]
    return lines


def _keras2(newest: list[Record], aliases: dict[str, str]) -> list[str]:
    """Where Keras 2 differs, and what it alone has."""
    header, records = keras2(aliases)
    lines = [
        f"## What is otherwise in Keras 2 (tf_keras {header['measured']['keras']})\n",
        "`tests/knowledge/test_keras2.py` lints and runs what hooks and methods do otherwise: AutoGraph "
        "converts `call` and losses, not `train_step`; `predict` raises where a tape is open.\n",
    ]
    for title, make, field in (
        ("gradient", rows.operation_rows, 0),
        ("gradient to the input", rows.class_rows, 1),
    ):
        old, new = make(records), make(newest)
        lines += [
            f"- `{name}`: {title} was {row.split('|')[field]}, is {new[name].split('|')[field]}"
            for name, row in sorted(old.items())
            if name in new and row.split("|")[field] != new[name].split("|")[field]
        ]
    classes, today = rows.class_rows(records), rows.class_rows(newest)
    seeds = [
        name.rpartition(".")[2]
        for name, row in sorted(classes.items())
        if row.startswith("layer") and "non-trainable" not in row
        and "non-trainable" in today.get(name, "")
    ]  # fmt: skip
    lines += [f"- without a variable for a seed, which Keras 3 has: {', '.join(seeds)}"]
    made = rows.operation_rows(records) | classes
    known = rows.operation_rows(newest) | today
    only = [name for name in sorted(made) if name.startswith("keras.") and name not in known]
    lines += [f"- in Keras 2 only: {_names(only)}", ""]
    return lines


def _graphs(records: list[Record]) -> list[str]:
    lines = [
        "## Where graphs differ from eager code\n",
        "Without a registered gradient, a `tf.function` under an outer tape raises already when it "
        "is called; those are not listed.\n",
    ]
    for record in records:
        graph = record.get("graph") or {}
        if record["name"].startswith(RAW) or record.get("gradient", "fails") in _LOUD:
            continue
        differs = [
            f"{where}: {what}" for where, what in graph.items() if what != record["gradient"]
        ]
        if differs:
            lines.append(f"- `{record['call']}` {record['gradient']}; {'; '.join(differs)}")
    return [*lines, ""]


def _edges(records: list[Record]) -> list[str]:
    lines = [
        "## Finite results with infinite gradients\n",
        "| call | argument | where all its elements are |",
        "|---|---|---|",
    ]
    for record in records:
        if record["name"].startswith(RAW):
            continue
        for arguments, edges in (record.get("edges") or {}).items():
            call = record["call"].replace("|", "\\|")
            lines.append(f"| `{call}` | {arguments} | {', '.join(edges)} |")
    return [*lines, ""]


def _raw(
    header: dict[str, Any], records: list[Record], shown: set[str], problems: dict[str, str]
) -> list[str]:
    names = header["raw"]
    reasons = Counter(why for why in names.values() if why)
    measured = [name for name in names if name in shown]
    tried = dict(text.split(": ", 1) for text in rows_of("not_found_raw"))
    lost = [name for name, why in names.items() if not why and name not in shown]
    lines = [
        "## Raw operations\n",
        f"`tf.raw_ops` has {len(names)} names. Not called: "
        + "; ".join(f"{count} that {_verb(why)}" for why, count in reasons.most_common())
        + f". Of the other {len(names) - sum(reasons.values())}, {len(measured)} are measured.\n",
        *_outcomes(records, {*measured}),
    ]
    return lines + _not_measured("### Raw operations not measured\n", lost, {**tried, **problems})


def _verb(why: str) -> str:
    return (
        f"are {why}"
        if why == "deprecated"
        else why.replace("takes", "take").replace("returns", "return").replace("has ", "have ")
    )
