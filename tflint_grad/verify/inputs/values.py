"""What the inputs of one attempt became, and which of them take part where it failed."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import Any

from tflint_grad.verify.inputs.repair import names_in
from tflint_grad.verify.inputs.specification import Path


@dataclass
class Values:
    """What was built in one attempt."""

    values: dict[Path, Any] = field(default_factory=dict)

    def implicated(self, frames: list[types.FrameType], source: str) -> list[Path]:
        """The paths whose values take part where an exception was raised, the closest first."""
        found: list[Path] = []
        mentioned = names_in(source)
        for depth, frame in enumerate(reversed(frames)):
            for name, value in list(frame.f_locals.items()):
                if depth == 0 and mentioned and name not in mentioned:
                    continue
                found += [
                    path
                    for path, own in self.values.items()
                    if path not in found and _is_part(value, own)
                ]
        for path in self.values:
            if path not in found and path[-1] in mentioned:
                found.append(path)
        return found


def _is_part(value: Any, own: Any) -> bool:
    if value is own:
        return not isinstance(own, bool | type(None)) and not (
            isinstance(own, int) and own in (0, 1)
        )
    if isinstance(own, list | tuple):
        return any(_is_part(value, item) for item in own[:4])
    if isinstance(own, dict):
        return any(_is_part(value, item) for item in own.values())
    return False
