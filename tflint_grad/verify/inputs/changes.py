"""Specifications with the tensors in them changed, one by one or all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tflint_grad.verify.inputs.specification import Path, Several, Specification, Tensor

Shape = tuple[int, ...]
Change = Callable[[Tensor], Tensor]
#: One path of a state, and what is to be tried there.
Proposal = tuple[Path, Specification]


def with_dtype(path: Path, spec: Specification, change: Mapping[str, str]) -> Iterator[Proposal]:
    yield from each_tensor(
        path,
        spec,
        lambda one: replace(one, dtype=change[one.dtype]) if one.dtype in change else one,
    )


def shaped(shape: Shape) -> Change:
    return lambda spec: replace(spec, shape=shape)


def each_tensor(path: Path, spec: Specification, change: Change) -> Iterator[Proposal]:
    """One tensor within a specification is changed at a time; all at once first."""
    new = mapped(spec, change)
    if new != spec:
        yield path, new
    if isinstance(spec, Several) and len(spec.items) > 1:
        for index, item in enumerate(spec.items):
            changed = mapped(item, change)
            if changed != item:
                items = (*spec.items[:index], changed, *spec.items[index + 1 :])
                yield path, replace(spec, items=items)
        if all(isinstance(item, Several) for item in spec.items):
            # The same place within each element of a list of tuples.
            width = min(len(item.items) for item in spec.items if isinstance(item, Several))
            for index in range(width):
                items = tuple(_changed_at(item, index, change) for item in spec.items)
                if items != spec.items:
                    yield path, replace(spec, items=items)


def _changed_at(spec: Specification, index: int, change: Change) -> Specification:
    assert isinstance(spec, Several)
    changed = mapped(spec.items[index], change)
    return replace(spec, items=(*spec.items[:index], changed, *spec.items[index + 1 :]))


def mapped(spec: Specification, change: Change) -> Specification:
    """The specification with `change` applied to every tensor in it."""
    if isinstance(spec, Tensor):
        return change(spec)
    if isinstance(spec, Several):
        return replace(spec, items=tuple(mapped(item, change) for item in spec.items))
    return spec


def tensors_in(spec: Specification) -> bool:
    if isinstance(spec, Several):
        return any(tensors_in(item) for item in spec.items)
    return isinstance(spec, Tensor)
