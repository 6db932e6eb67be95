"""`[tool.tflint-grad.verify]`: what users tell of the inputs of their functions.

It stands apart from `verify/`, of which plain linting imports nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tflint_grad.config import UsageError, suggestion

_KEYS = ("inputs",)


@dataclass(frozen=True)
class VerifySettings:
    """`inputs` has pairs of a function's name and the text of its inputs, sorted by name."""

    inputs: tuple[tuple[str, str], ...] = ()

    def toml(self) -> str:
        """The table as one could write it after `verify = `."""
        pairs = ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in self.inputs)
        return f"{{ inputs = {{ {pairs} }} }}"


def verify_settings(value: object) -> VerifySettings:
    """Check the table.

    Raises:
        UsageError: it holds what it should not.
    """
    if not isinstance(value, Mapping):
        raise UsageError("must be a table")
    for key in value:
        if key not in _KEYS:
            raise UsageError(f"unknown key {key!r}{suggestion(str(key), _KEYS)}")
    inputs = value.get("inputs", {})
    if not isinstance(inputs, Mapping):
        raise UsageError("inputs: must be a table of functions with their inputs")
    for name, text in inputs.items():
        if not isinstance(text, str) or "=" not in text:
            raise UsageError(
                f'inputs: {name}: must be a text such as "x=float32[8,3], n=3"'
                + ("; put the name in quotes" if isinstance(text, Mapping) else "")
            )
    return VerifySettings(tuple(sorted(inputs.items())))
