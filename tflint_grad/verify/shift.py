"""Moves the sources of a gradient by a known amount while a scene is run again.

A source is known from one run to the next by the order in which it was made or watched: seeds are
fixed, so two runs make the same variables in the same order.
"""

from __future__ import annotations

import ctypes
import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework import ops
from tensorflow.python.ops import resource_variable_ops

from tflint_grad.verify import outcomes

if TYPE_CHECKING:
    from tflint_grad.verify.compiled import Mailbox
    from tflint_grad.verify.observation import GradientCall, Place

#: ("variable", n): the n-th that was made; ("old", id): made before the run; ("watched", n).
Key = tuple[str, int]


@dataclass
class Measured:
    """One gradient call with its values: what the tape says, and the height of the target."""

    tape: int
    keys: list[Key | None]
    values: list[Any]
    gradients: list[Any]
    height: float
    dtype: str


@dataclass
class Asked:
    """A gradient call as it was made, with what it gave; `weights` are those of the targets."""

    tape: int
    call: GradientCall
    target: Any
    sources: Any
    result: Any
    weights: Any = None


def contracted(method: str, target: Any, results: Sequence[Any]) -> tuple[float, list[Any]]:
    """A height and its gradients: a Jacobian is multiplied with fixed weights of the target's elements."""
    if method == "gradient":
        return float(target), list(results)
    target = np.asarray(target, np.float64)
    weights = np.random.default_rng(7).uniform(0.5, 1.5, target.shape)
    height = float(np.sum(weights * target))
    if method == "jacobian":
        return height, [np.tensordot(weights, one, target.ndim) for one in results]
    # Of `batch_jacobian` each example has its own.
    return height, [
        np.stack([np.tensordot(*both, target.ndim - 1) for both in zip(weights, one, strict=True)])
        for one in results
    ]


@dataclass
class Shift:
    """Runs a scene with sources moved: `steps` are added to them when tape number `tape` opens.

    With `scatter`, trainable variables and watched tensors go to random places around their own
    when the first tape opens; with `edge`, all their entries become that number. With `place`, the
    first gradient call there that answers is written down as `measured`.
    """

    place: Place | None = None
    tape: int | None = None
    steps: dict[Key, Any] = field(default_factory=dict)
    scatter: np.random.Generator | None = None
    edge: float | None = None
    measured: Measured | None = None

    def __post_init__(self) -> None:
        self._made: list[weakref.ref[Any]] = []
        self._watched: list[weakref.ref[Any]] = []
        self._entered = False
        self._moved: set[Key] = set()
        self._restore: list[Callable[[], None]] = []

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Follow variables as they are made, and tensors as they are watched."""
        variable = resource_variable_ops.BaseResourceVariable
        made, watch = variable.__init__, tf.GradientTape.watch

        @functools.wraps(made)
        def init(this: Any, *arguments: Any, **named: Any) -> None:
            made(this, *arguments, **named)
            if isinstance(this, resource_variable_ops._UnreadVariable):
                return  # the same variable, as `assign` returns it
            self._made.append(weakref.ref(this))
            if self._entered:
                self._move(("variable", len(self._made) - 1), this)

        @functools.wraps(watch)
        def watching(tape: Any, tensor: Any) -> None:
            for one in tf.nest.flatten(tensor):
                if isinstance(one, ops.EagerTensor):
                    self._watched.append(weakref.ref(one))
                    if self._entered:
                        self._move(("watched", len(self._watched) - 1), one)
            watch(tape, tensor)

        variable.__init__ = init
        tf.GradientTape.watch = watching
        try:
            yield
        finally:
            variable.__init__ = made
            tf.GradientTape.watch = watch
            for undo in reversed(self._restore):
                undo()

    def on_entry(self, number: int) -> None:
        """A tape opens."""
        if number != self.tape and not self._goes_elsewhere:
            return
        self._entered = True
        for index, reference in enumerate(self._made):
            self._move(("variable", index), reference())
        for key in self.steps:
            if key[0] == "old":
                self._move(key, _by_identity(key[1]))

    @property
    def missed(self) -> bool:
        """Whether something that was to be moved stayed where it was."""
        return not self._moved.issuperset(self.steps)

    @property
    def _goes_elsewhere(self) -> bool:
        return self.scatter is not None or self.edge is not None

    def _step(self, key: Key, thing: Any) -> Any:
        """What is added to a source; None where it stays."""
        if not self._goes_elsewhere or thing is None or not thing.dtype.is_floating:
            return self.steps.get(key)
        if isinstance(thing, tf.Variable) and not thing.trainable:
            return None
        values = np.asarray(thing, np.float64)
        if self.edge is not None:
            return self.edge - values
        assert self.scatter is not None
        return np.asarray(self.scatter.normal(0.0, 0.5, values.shape))

    def _move(self, key: Key, thing: Any) -> None:
        if key in self._moved or thing is None:
            return
        # No tape may see it, and a graph that is being traced must not do it at every call.
        with record.stop_recording(), tf.init_scope():
            ready = tf.executing_eagerly() and _is_movable(thing)
            step = self._step(key, thing) if ready else None
            if step is None:
                return
            self._moved.add(key)
            if key[0] == "watched":
                before = np.array(thing)
                _overwrite(thing, before + step.astype(before.dtype))
                self._restore.append(lambda: _overwrite(thing, before))
            elif thing.dtype.is_floating:
                thing.assign(thing + tf.cast(tf.constant(step), thing.dtype), read_value=False)

    def on_gradient(self, asked: Asked, mailbox: Mailbox) -> None:
        """A gradient call has answered, with symbols where a graph is traced."""
        wanted = self.place is None or asked.call.place == self.place
        if self.measured is not None or not wanted or self.tape not in (None, asked.tape):
            return
        flat = [_tensor_of(source) for source in tf.nest.flatten(asked.sources)]
        gradients = tf.nest.flatten(asked.result)
        present = [one is not None for one in gradients]
        if not flat or len(present) != len(flat):
            return
        keys = [self._key(source) for source in flat]
        method = asked.call.method
        # A sum over everything is what `gradient` differentiates; a Jacobian tells of each element.

        def ran(target: Any, *arrays: Any) -> None:
            if self.measured is not None:
                return
            height, told = contracted(method, target, arrays[len(flat) :])
            known = iter(told)
            self.measured = Measured(
                tape=asked.tape,
                keys=keys,
                values=list(arrays[: len(flat)]),
                gradients=[next(known) if one else None for one in present],
                height=height,
                dtype=str(flat[0].dtype.name),
            )

        with record.stop_recording():
            plain = method == "gradient"
            targets = [_height(asked.target, asked.weights) if plain else asked.target]
            results = [one for one in gradients if one is not None]
            outcomes.with_values_of([*targets, *flat, *results], ran, mailbox)

    def _key(self, source: Any) -> Key | None:
        for index, reference in enumerate(self._made):
            if reference() is source:
                return ("variable", index)
        for index, reference in enumerate(self._watched):
            if reference() is source:
                return ("watched", index)
        if isinstance(source, tf.Variable):
            return ("old", id(source))
        return None


def _tensor_of(source: Any) -> Any:
    """The TensorFlow variable behind a Keras one, which passes for a tensor too."""
    inner = None if isinstance(source, tf.Variable) else getattr(source, "_value", None)
    return inner if isinstance(inner, tf.Variable) else source


def _is_movable(thing: Any) -> bool:
    """A variable that is made while a `tf.function` is traced gets its value after that; and of what
    lies on a GPU the host has a copy only."""
    if isinstance(thing, tf.Variable):
        return bool(thing.is_initialized())
    return "CPU" in thing.backing_device


def _by_identity(identity: int) -> Any:
    """A variable that was made before the run: it lives, since the scene uses it."""
    return ctypes.cast(identity, ctypes.py_object).value


def _height(target: Any, weights: Any) -> Any:
    """What is differentiated: the sum over all targets, weighted where the call weighs them."""
    flat = tf.nest.flatten(target)
    scales = tf.nest.flatten(weights) if weights is not None else [None] * len(flat)
    total = tf.zeros([], tf.float64)
    for one, scale in zip(flat, scales, strict=False):
        values = tf.cast(one, tf.float64)
        total += tf.reduce_sum(values if scale is None else values * tf.cast(scale, tf.float64))
    return total


def _overwrite(tensor: Any, values: Any) -> None:
    """Write into an eager tensor's own memory: the program holds it under a name of its own.

    It must lie in the memory of the host.
    """
    view = np.asarray(memoryview(tensor))
    data = np.ascontiguousarray(values, view.dtype)
    ctypes.memmove(view.ctypes.data, data.ctypes.data, data.nbytes)
