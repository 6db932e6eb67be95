"""The table's rows, made from the records of the evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from declarations import declarations
from spec_lines import OBJECTS

Record = dict[str, Any]
# Parameters that no call in the specifications shows, and whose name says that they are no data.
_NO_DATA = (
    "adjoint_a adjoint_b align_corners axes axis batch_dims blank_index data_format depth dim dims "
    "direction dtype exclusive extra_fields full_matrices indices index_type invert k "
    "keepdims label_length labels_type logit_length logits_time_major max_shape method name "
    "num_segments output_type padding parallel_iterations perm reverse seed shape side size "
    "sorted stable strides swap_memory transpose_a transpose_b dilations rate_ antialias "
    "preserve_aspect_ratio use_locking infer_shape order optimize"
)
DETACHED_NAMES = frozenset(_NO_DATA.split())
# What may be the call's own fault, and not the operation's.
_DOUBTFUL = {"zero": "is zero", "fails": "raises, as it does with wrong shapes"}
_RANK = ("none", "zero", "fails", "unregistered", "flows")


def best(statuses: list[str]) -> str:
    """What counts over several regimes, arguments and results: it flows if it ever flows."""
    return max(statuses, key=_RANK.index, default="none")


def why_no_evidence(record: Record, with_floats: Collection[str] = ()) -> str:
    """Why a record shows nothing of its function; empty where it does.

    Calls that the search found may be lucky, and mean nothing: then the name stays unknown.
    `with_floats`: names that surely take a float argument.
    """
    if "error" in record:
        return str(record["error"])
    if record["origin"] != "found":
        return ""
    if not record["measured"] and record["name"] in with_floats:
        return "only calls without a float argument found"
    if record["gradient"] in ("zero", "fails"):
        return f"only a call found whose gradient {_DOUBTFUL[record['gradient']]}"
    inside = record.get("graph", {}).get("inside", "")
    if record["gradient"] != "flows" and inside.startswith("raises"):
        return f"only a call found that a graph refuses: {inside.removeprefix('raises ')}"
    return ""


def is_missing(record: Record) -> bool:
    """Whether there is no such function: Keras 2 lacks what came later."""
    return str(record.get("error", "")).startswith("AttributeError: module")


def operation_rows(records: list[Record]) -> dict[str, str]:
    """One row for each name; several forms of call are merged."""
    grouped: dict[str, list[Record]] = {}
    for record in records:
        # What the search called without any float says nothing that a rule could use.
        useful = record["origin"] != "found" or record.get("measured")
        useful = useful and record["kind"] != "opaque"
        if record["kind"] not in OBJECTS and useful and not why_no_evidence(record):
            grouped.setdefault(record["name"], []).append(record)
    found = {name: _row(forms) for name, forms in grouped.items()}
    for file, prefix in (("declared", ""), ("tensor_methods", "Tensor.")):
        for one in declarations(file):
            fields = (one.parameters, one.detached, [], [])
            found[prefix + one.name] = _join(one.gradient, one.dtype, one.kind, *fields)
    return found


def _row(forms: list[Record]) -> str:
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
        "op" if telling["kind"] == "compiled" else telling["kind"],
        parameters,
        detached,
        telling["outputs"],
        telling.get("output_dtypes", []),
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


def class_rows(records: list[Record]) -> dict[str, str]:
    """`kind|gradient to the input|flags|detached arguments` for each class of Keras."""
    found: dict[str, str] = {}
    for record in records:
        if record["kind"] in OBJECTS and "error" not in record:
            fields = (" ".join(record["flags"]), " ".join(record["detached"]))
            found[record["name"]] = "|".join((record["kind"], record["gradient"], *fields))
    return found


def says_the_same(old: str, new: str) -> bool:
    """Whether two versions' rows agree in all that both speak of: a new parameter changes nothing."""
    ours, theirs = old.split("|"), new.split("|")
    if len(ours) < 7:
        return old == new
    if ours[:3] + ours[5:7] != theirs[:3] + theirs[5:7]:
        return False
    before, after = ours[3].split(), theirs[3].split()
    kept = [name for name in before if name != "name"]
    if [name for name in after if name != "name"][: len(kept)] != kept:
        return False
    return {*ours[4].split()} & {*kept} == {*theirs[4].split()} & {*kept}
