"""What the user says of inputs: `# tflint-grad: inputs x=float32[8,3], n=3` above a function, or in
`[tool.tflint-grad.verify.inputs]`."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tflint_grad.verify.inputs.specification import Expression, Tensor

COMMENT = re.compile(r"#\s*tflint-grad:\s*inputs\s+(?P<inputs>.+)$")
DTYPES = (
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "string"),
)


class MalformedHint(ValueError):
    """A hint that cannot be read; told as the reason of an inconclusive verdict."""


@dataclass(frozen=True)
class Shorthand:
    """`float32`, `float32[8, 3]`, `int32[8] < 10` as they stand in a hint."""

    spec: Tensor

    def __getitem__(self, shape: int | tuple[int, ...]) -> Shorthand:
        dims = shape if isinstance(shape, tuple) else (shape,)
        return Shorthand(replace(self.spec, shape=dims))

    def __lt__(self, most: int) -> Shorthand:
        return Shorthand(replace(self.spec, most=most))

    def __call__(self, value: object) -> bool:
        """`bool` is a dtype here, and the built-in function all the same."""
        return bool(value)


def shorthand() -> Mapping[str, Any]:
    """The names that a hint may use beside those of the module."""
    import keras
    import numpy as np
    import tensorflow as tf

    names: dict[str, Any] = {dtype: Shorthand(Tensor(dtype, ())) for dtype in DTYPES}
    return {**names, "tf": tf, "np": np, "keras": keras}


def parse(text: str) -> dict[str, Expression]:
    """`x=float32[8,3], n=3` by parameter. Raises MalformedHint."""
    prepared = re.sub(r"\[\s*\]", "[()]", text.strip())
    try:
        call = ast.parse(f"f({prepared})", mode="eval").body
    except SyntaxError as error:
        raise MalformedHint(f"inputs cannot be read: {text.strip()!r} ({error.msg})") from None
    if not isinstance(call, ast.Call) or call.args or any(one.arg is None for one in call.keywords):
        raise MalformedHint(f"inputs are of the form name=value: {text.strip()!r}")
    return {str(one.arg): Expression(ast.unparse(one.value)) for one in call.keywords}


def in_comments(lines: Sequence[str]) -> dict[str, Expression]:
    """The hints of the comment lines above a function."""
    found: dict[str, Expression] = {}
    for line in lines:
        if match := COMMENT.search(line):
            found.update(parse(match["inputs"]))
    return found
