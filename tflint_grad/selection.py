"""Which codes are reported: the longest matching prefix decides, and `ignore` wins a tie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: Not being able to read a file is said whatever was selected, unless it is ignored by name.
UNREADABLE = "TFG000"


@dataclass(frozen=True)
class Selection:
    """What one layer (the command line, a configuration file) selects and ignores."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def verdict(self, code: str) -> bool | None:
        """True: reported; False: not; None: this layer does not speak of the code."""
        chosen = longest_prefix(code, (*(self.select or ()), *self.extend_select))
        ignored = longest_prefix(code, self.ignore)
        if chosen or ignored:
            return chosen > ignored
        return None if self.select is None else False


def is_selected(code: str, layers: Iterable[Selection]) -> bool:
    """Ask the layers, the strongest first; what none speaks of is reported."""
    if code == UNREADABLE:
        return not any(longest_prefix(code, layer.ignore) > len("TFG") for layer in layers)
    for layer in layers:
        verdict = layer.verdict(code)
        if verdict is not None:
            return verdict
    return True


def longest_prefix(code: str, prefixes: Iterable[str]) -> int:
    """The length of the longest of `prefixes` that `code` begins with; 0 if there is none."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)
