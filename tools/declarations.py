"""What is declared of a function because no call can show it, each with its reason and a proof."""

from __future__ import annotations

from dataclasses import dataclass

from spec_lines import rows_of


@dataclass(frozen=True)
class Declaration:
    """One fact; `shown` is an expression that shows it when it is run."""

    name: str
    gradient: str
    dtype: str
    kind: str
    parameters: list[str]
    detached: list[str]
    why: str
    shown: str


def declarations(file: str) -> list[Declaration]:
    """Those of `declared` (functions) or `tensor_methods`; see the head of specs/declared.txt."""
    rows = rows_of(file)
    found = []
    for line, why, shown in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        name, gradient, dtype, kind, parameters, detached = (*line.split(), "", "")[:6]
        fields = (parameters.split(","), detached.split(","))
        shown = shown.strip().removeprefix("> ")
        found.append(Declaration(name, gradient, dtype, kind, *fields, why.strip(), shown))
    return found
