"""What the tail of a fixture may say about the gradients that it got.

Each claim is checked at once, with the values at hand, and written down; the oracles ask for it.
`objective` is called with the tensors among the sources; variables are perturbed in place:

    agrees(grads, lambda: loss(model(x), y), model.trainable_variables)
    disagrees(grad, energy, x)                         # x a tensor: energy(x +- step)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from tflint_grad.verify.probe import Probe

ENTRIES_A_SOURCE = 6  # of a large source, so many entries are differentiated


def agrees(gradients: Any, objective: Callable[..., Any], sources: Any) -> None:
    """The tape's gradient is finite and is the slope of `objective`, numerically."""
    pairs = list(_pairs(gradients, objective, sources))
    assert any(abs(slope) > 3 * slack for _, _, slope, slack in pairs), (
        f"too flat here to tell a right gradient from zero: {pairs}"
    )
    for place, got, slope, slack in pairs:
        assert np.isfinite(got) and abs(got - slope) <= slack, (
            f"{place}: the tape says {got:.6g}, central differences {slope:.6g} (+- {slack:.2g})"
        )
    _probe().note_claim("agrees")


def disagrees(gradients: Any, objective: Callable[..., Any], sources: Any) -> None:
    """The tape's gradient is finite, and far from the slope of `objective` somewhere."""
    pairs = list(_pairs(gradients, objective, sources))
    assert all(np.isfinite(got) for _, got, _, _ in pairs), pairs
    # Five times the slack of `agrees`: no rounding explains it.
    assert any(abs(got - slope) > 5 * slack for _, got, slope, slack in pairs), (
        f"the gradient is right after all: {pairs}"
    )
    _probe().note_claim("disagrees")


def intended(gradients: Any, expected: Any, reason: str) -> None:
    """The gradient is meant to differ from the slope (or to be None), and is what is meant."""
    assert len(reason.split()) >= 3, "say why in a sentence"
    several = isinstance(gradients, list | tuple)
    got, wanted = (gradients, expected) if several else ([gradients], [expected])
    assert len(got) == len(wanted), (got, wanted)
    for one, other in zip(got, wanted, strict=True):
        if one is None or other is None:
            assert one is other, f"{one} is not {other}"
        else:
            np.testing.assert_allclose(tf.convert_to_tensor(one), other, rtol=1e-4, atol=1e-6)
    some_missing = any(one is None for one in wanted)
    _probe().note_claim("intended-none" if some_missing else "intended", reason)


def vanishes(gradients: Any) -> None:
    """The gradient exists and is zero throughout (the probe cannot see values in a graph)."""
    for one in tf.nest.flatten(gradients):
        assert one is not None and not np.any(tf.convert_to_tensor(one)), one
    _probe().note_claim("zero")


def missing(gradients: Any) -> None:
    """At least one gradient is None."""
    assert any(one is None for one in tf.nest.flatten(gradients)), gradients
    _probe().note_claim("none")


def explodes(gradients: Any) -> None:
    """At least one gradient is NaN or infinite."""
    present = [one for one in tf.nest.flatten(gradients) if one is not None]
    assert any(not np.all(np.isfinite(tf.convert_to_tensor(one))) for one in present), present
    _probe().note_claim("not-finite")


@contextmanager
def raises(kind: type[BaseException], saying: str = "") -> Iterator[None]:
    """The block raises `kind`, and its message holds the words `saying`."""
    try:
        yield
    except kind as error:
        assert saying in str(error), f"{error} does not say {saying!r}"
        _probe().note_error(error, escaped=False)
    else:
        raise AssertionError(f"{kind.__name__} was not raised")


def _probe() -> Probe:
    assert Probe.current is not None, "run me with: python -m tests.harness FIXTURE"
    return Probe.current


def _pairs(
    gradients: Any, objective: Callable[..., Any], sources: Any
) -> Iterator[tuple[str, float, float, float]]:
    """(place, tape's value, central difference, slack) for some entries of every source."""
    flat = tf.nest.flatten(sources)
    got = tf.nest.flatten(gradients)
    assert len(flat) == len(got) > 0, f"{len(got)} gradients for {len(flat)} sources"
    values = [np.array(tf.convert_to_tensor(source)) for source in flat]
    chooser = np.random.default_rng(0)
    with _probe().resting():
        for number, (value, gradient) in enumerate(zip(values, got, strict=True)):
            assert gradient is not None, f"source {number}: the gradient is None"
            dense = np.asarray(tf.convert_to_tensor(gradient))
            assert dense.shape == value.shape, (dense.shape, value.shape)
            entries = list(np.ndindex(value.shape))
            if len(entries) > ENTRIES_A_SOURCE:
                chosen = chooser.choice(len(entries), ENTRIES_A_SOURCE, replace=False)
                entries = [entries[index] for index in sorted(chosen)]
            for entry in entries:
                slope, slack = _slope(objective, flat, values, number, entry)
                yield f"source {number}{list(entry)}", float(dense[entry]), slope, slack


def _slope(
    objective: Callable[..., Any],
    sources: list[Any],
    values: list[Any],
    number: int,
    entry: tuple[int, ...],
) -> tuple[float, float]:
    """A central difference and what it may be off by.

    In float64 a step of 1e-5 errs by about 1e-10 in both rounding and curvature, so 1e-6 is ample.
    In float32 rounding costs |f| * 6e-8 / step: with a step of 4e-3 about |f| * 3e-5, curvature
    about 1e-5; 1 % of the slope and 1e-3 of the height leave a factor of ten and more.
    """
    double = values[number].dtype == np.float64
    step = 1e-5 if double else 4e-3
    up = _height(objective, sources, values, number, entry, +step)
    down = _height(objective, sources, values, number, entry, -step)
    slope = (up - down) / (2 * step)
    height = max(abs(up), abs(down))
    if double:
        return slope, 1e-6 * (1 + abs(slope) + height)
    return slope, 1e-2 * abs(slope) + 1e-3 * (0.2 + height)


def _height(
    objective: Callable[..., Any],
    sources: list[Any],
    values: list[Any],
    number: int,
    entry: tuple[int, ...],
    change: float,
) -> float:
    moved = [value.copy() for value in values]
    moved[number][entry] += change
    tensors = []
    for source, value in zip(sources, moved, strict=True):
        if hasattr(source, "assign"):
            source.assign(value)
        else:
            tensors.append(tf.constant(value))
    try:
        return float(np.sum(np.asarray(tf.convert_to_tensor(objective(*tensors)), np.float64)))
    finally:
        for source, value in zip(sources, values, strict=True):
            if hasattr(source, "assign"):
                source.assign(value)
