"""Records: values that mypy keeps from being changed, at the price of plain dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:  # Python 3.10 has none, and nobody asks for it at run time

    def dataclass_transform(**_):
        return lambda decorator: decorator


T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A dataclass with slots that is told apart by identity, and never changed.

    That is checked before the program runs, not while it does: `dataclass(frozen=True)` makes an
    instance of nine fields in 0.7 us, five times as slowly (Python 3.11), and an execution makes
    millions of them.
    """
    return dataclass(slots=True, eq=False)(cls)
