"""What the dtype argument of a call means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.flow.values import Known, Value

if TYPE_CHECKING:
    from tflint_grad.flow.execution import Execution


def dtype_of(x: Execution, value: Value) -> str:
    """Which kind of numbers a dtype argument means: float, int, bool, string, object or empty."""
    spelled = ""
    if isinstance(value, Known):
        spelled = value.name.rsplit(".", 1)[-1]
    elif isinstance(x.constant_of(value), str):
        spelled = x.constant_of(value)
    if spelled == "O":
        return "object"
    for prefix, meaning in (
        ("float", "float"),
        ("bfloat", "float"),
        ("double", "float"),
        ("half", "float"),
        ("int", "int"),
        ("uint", "int"),
        ("bool", "bool"),
        ("str", "string"),
        ("object", "object"),
        ("complex", "complex"),
    ):
        if spelled.startswith(prefix):
            return meaning
    return ""
