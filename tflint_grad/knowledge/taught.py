"""What users tell us of functions: `[tool.tflint-grad.functions]`. It wins over all that we know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What comes back through a function: `GRADIENTS[word]` says it in a sentence.
GRADIENTS = {
    "flows": "the gradient flows from the arguments to the result",
    "none": "no gradient comes back: it is None",
    "zero": "the gradient that comes back is zero",
    "raises": "asking for the gradient raises: none is registered",
    "constant": "the result does not depend on the values of the arguments",
}
#: What kind of value comes out.
RETURNS = {
    "tensor": "a tensor",
    "numpy": "a NumPy array, computed outside TensorFlow",
    "python": "a Python value, computed outside TensorFlow",
}
UNDER_A_TAPE = " under a tape"


@dataclass(frozen=True, slots=True)
class Callback:
    """An argument, by position from 0 or by name, that the function calls."""

    argument: int | str
    taped: bool = False

    def __str__(self) -> str:
        return f"argument {self.argument}{UNDER_A_TAPE if self.taped else ''}"


@dataclass(frozen=True, slots=True)
class TaughtFact:
    """One function, by its fully qualified name; empty fields: the user does not say."""

    name: str
    gradient: str = ""
    returns: str = ""
    calls: tuple[Callback, ...] = ()

    @property
    def is_host(self) -> bool:
        """Whether the value that comes out is none of TensorFlow's."""
        return self.returns in ("numpy", "python")

    @property
    def breaks(self) -> bool:
        """Whether a path through it is not whole."""
        return self.gradient in ("none", "zero", "raises") or (self.is_host and not self.gradient)

    @property
    def leaf(self) -> str:
        """The name without its module."""
        return self.name.rpartition(".")[2]

    def toml(self) -> str:
        """As one writes it into `pyproject.toml`."""
        said = {"gradient": self.gradient, "returns": self.returns}
        parts = [f"{key} = {json.dumps(word)}" for key, word in said.items() if word]
        if self.calls:
            calls = [str(callback) for callback in self.calls]
            parts.append(f"calls = {json.dumps(calls[0] if len(calls) == 1 else calls)}")
        return f"{json.dumps(self.name, ensure_ascii=False)} = {{ {', '.join(parts)} }}"


@dataclass(frozen=True)
class Taught:
    """All that a configuration tells of functions. Equal tables are equal, hash and pickle alike.

    `tensorflow`: the version that the code is written for; '' is the newest that is measured.
    """

    facts: tuple[TaughtFact, ...] = ()
    tensorflow: str = ""

    def __bool__(self) -> bool:
        return bool(self.facts)

    def __getstate__(self) -> dict[str, object]:
        return {"facts": self.facts, "tensorflow": self.tensorflow}

    @cached_property
    def _by_name(self) -> Mapping[str, TaughtFact]:
        from tflint_grad.knowledge.names import canonical

        return {canonical(fact.name): fact for fact in self.facts}

    @cached_property
    def leaves(self) -> frozenset[str]:
        """The last parts of the names: what is called otherwise is not taught."""
        return frozenset(fact.leaf for fact in self.facts)

    @cached_property
    def roots(self) -> frozenset[str]:
        """Last parts of the names of functions that open a tape: they mark code that matters."""
        return frozenset(
            fact.leaf for fact in self.facts if any(callback.taped for callback in fact.calls)
        )

    @cached_property
    def breaks(self) -> frozenset[str]:
        """Last parts of the names of functions that can make a hook of Keras go wrong."""
        return self.roots | {fact.leaf for fact in self.facts if fact.breaks}

    def get(self, qualified: str) -> TaughtFact | None:
        """The fact about a fully qualified name, in any spelling that the tables know."""
        if qualified.rpartition(".")[2] not in self.leaves:
            return self._by_name.get(qualified)
        from tflint_grad.knowledge.names import canonical

        return self._by_name.get(canonical(qualified))

    def names(self) -> tuple[str, ...]:
        return tuple(fact.name for fact in self.facts)

    def toml(self) -> str:
        """As an inline table; the same text for the same table, so caches may be keyed by it."""
        return f"{{ {', '.join(fact.toml() for fact in self.facts)} }}" if self.facts else "{}"


NOTHING_TAUGHT = Taught()
