"""Watches TensorFlow while a fixture runs, and writes down what its tapes do."""

from __future__ import annotations

import gc
import logging
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_callbacks, ops
from tensorflow.python.platform import tf_logging

from tests.harness.observation import Claim, GradientCall, Observations, Raised, TapeLife
from tests.harness.places import GENERATED, Places

ASKS = ("gradient", "jacobian", "batch_jacobian")


class _Record:
    """A tape under observation, and weak references to what it recorded in eager code."""

    def __init__(self, tape: tf.GradientTape, life: TapeLife) -> None:
        self.tape = weakref.ref(tape)
        self.life = life
        self.recorded: list[weakref.ref[Any]] = []

    def alive(self) -> int:
        gc.collect()
        return sum(reference() is not None for reference in self.recorded)


class Probe:
    """Everything seen in one run of one file.

    With `forgetful`, each tape drops its record after as many gradient calls as are given: the run
    that might have been, against which what a tape keeps alive is measured.
    """

    current: Probe | None = None

    def __init__(self, filename: str, forgetful: list[int] | None = None) -> None:
        self.seen = Observations()
        self.places = Places(filename)
        self.measuring = True  # off while the tail differentiates numerically
        self._clock = 0
        self._depth = 0
        self._forgetful = forgetful
        self._records: list[_Record] = []

    def tick(self) -> int:
        self._clock += 1
        return self._clock

    # What the tail and the worker tell us

    def note_claim(self, kind: str, reason: str = "") -> None:
        self.seen.claims.append(Claim(kind, self.places.here(), self.tick(), reason))

    def note_error(self, error: BaseException, escaped: bool) -> None:
        message = str(error).strip()
        rows = self.places.rows_of(error)
        self.seen.raised.append(
            Raised(type(error).__name__, message[:2000], rows, self.tick(), escaped)
        )

    @contextmanager
    def resting(self) -> Iterator[None]:
        before, self.measuring = self.measuring, False
        try:
            yield
        finally:
            self.measuring = before

    # What we see ourselves

    @contextmanager
    def watching(self) -> Iterator[Probe]:
        """Everything below is undone on leaving."""
        with ExitStack() as stack:
            for name in ASKS:
                stack.enter_context(_replaced(tf.GradientTape, name, self._asking))
            stack.enter_context(_replaced(tf.GradientTape, "__init__", self._making))
            stack.enter_context(_replaced(tf.GradientTape, "__enter__", self._entering))
            stack.enter_context(_replaced(tf.GradientTape, "__exit__", self._leaving))
            stack.enter_context(_replaced(ops._EagerTensorBase, "_numpy", self._converting))
            stack.enter_context(self._hearing_warnings())
            op_callbacks.add_op_callback(self._operation)
            stack.callback(op_callbacks.remove_op_callback, self._operation)
            Probe.current = self
            sys.settrace(self._trace)
            try:
                yield self
            finally:
                sys.settrace(None)
                Probe.current = None

    def _making(self, original: Callable[..., None]) -> Callable[..., None]:
        def init(tape: Any, *arguments: Any, **named: Any) -> None:
            original(tape, *arguments, **named)
            if self.measuring:
                life = TapeLife([self.places.here()], tape._persistent)
                self.seen.tapes.append(life)
                tape._harness_record = _Record(tape, life)
                self._records.append(tape._harness_record)

        return init

    def _entering(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def enter(tape: Any) -> Any:
            record: _Record | None = getattr(tape, "_harness_record", None)
            if record is not None:
                record.life.rows.append(self.places.here())
            return original(tape)

        return enter

    def _leaving(self, original: Callable[..., None]) -> Callable[..., None]:
        def leave(tape: Any, *exception: Any) -> None:
            original(tape, *exception)
            self._after_use(tape)

        return leave

    def _after_use(self, tape: Any) -> None:
        record: _Record | None = getattr(tape, "_harness_record", None)
        if record is None or not tf.executing_eagerly():
            return
        if self._forgetful is not None and not tape._recording:
            uses = self._forgetful[self._records.index(record)]
            tape._tape = None if record.life.gradients >= uses else tape._tape
        record.life.alive_after_use = record.alive()

    def _asking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def ask(tape: Any, target: Any, sources: Any, *arguments: Any, **named: Any) -> Any:
            # `jacobian` asks through `gradient`, once a row: only the outer question is the user's.
            if self._depth or not self.measuring:
                return original(tape, target, sources, *arguments, **named)
            row = self.places.here()
            call = GradientCall(row, original.__name__, 0, target_is_host=_is_host(target))
            self._depth += 1
            try:
                result = original(tape, target, sources, *arguments, **named)
                call.outcomes = [outcome(item) for item in tf.nest.flatten(result)]
                return result
            except Exception as error:
                call.error = type(error).__name__
                raise
            finally:
                self._depth -= 1
                call.at = self.tick()
                self.seen.gradients.append(call)
                record = getattr(tape, "_harness_record", None)
                if record is not None:
                    record.life.gradients += 1
                self._after_use(tape)

        return ask

    def _converting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def numpy(tensor: Any) -> Any:
            if self.measuring and not self._depth:
                row = self.places.here()
                if row:
                    self.seen.conversions[row] = self.seen.conversions.get(row, 0) + 1
            return original(tensor)

        return numpy

    def _operation(
        self,
        op_type: str,
        inputs: Any,
        attrs: Any,
        outputs: Any,
        op_name: str | None = None,
        graph: Any = None,
    ) -> None:
        if graph is not None or not self.measuring:
            return
        for record in self._records:
            tape = record.tape()
            if tape is not None and tape._recording:
                record.recorded += [weakref.ref(output) for output in outputs]

    @contextmanager
    def _hearing_warnings(self) -> Iterator[None]:
        probe = self

        class Ear(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                probe.seen.warnings.append((probe.places.here(), record.getMessage()[:200]))

        ear = Ear(logging.WARNING)
        logger = tf_logging.get_logger()
        level = logger.level
        # TensorFlow says each thing once a process: let it say it once a fixture.
        tf_logging._log_counter_per_token.clear()
        logger.setLevel(logging.WARNING)
        logger.addHandler(ear)
        try:
            yield
        finally:
            logger.removeHandler(ear)
            logger.setLevel(level)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if name == self.places.filename or GENERATED in name:
            self._note_row(frame)
            return self._trace_rows
        return None

    def _trace_rows(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self._note_row(frame)
        return self._trace_rows

    def _note_row(self, frame: FrameType) -> None:
        row = self.places.row_of(frame)
        if row and self.measuring and row not in self.seen.executed:
            self.seen.executed[row] = self.tick()

    def measure_what_is_kept(self) -> None:
        """At the end: what lives only because a tape that still lives holds it."""
        for record in self._records:
            tape = record.tape()
            if tape is not None and tape._tape is not None:
                before = record.alive()
                tape._tape = None
                record.life.kept_at_end = before - record.alive()


def outcome(gradient: Any) -> str:
    """One word for one gradient."""
    if gradient is None:
        return "none"
    dense = tf.convert_to_tensor(gradient)  # IndexedSlices too
    if not isinstance(dense, ops.EagerTensor):
        return "symbolic"
    values = np.asarray(dense)
    if not np.all(np.isfinite(values)):
        return "not-finite"
    return "finite" if np.any(values) else "zero"


def _is_host(target: Any) -> bool:
    """Whether the target has left TensorFlow: an ndarray, a number, or nothing at all."""
    return any(
        item is None or not (tf.is_tensor(item) or isinstance(item, tf.Variable))
        for item in tf.nest.flatten(target)
    )


@contextmanager
def _replaced(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Iterator[None]:
    original = getattr(owner, name)
    wrapped = wrap(original)
    wrapped.__name__ = name
    setattr(owner, name, wrapped)
    try:
        yield
    finally:
        setattr(owner, name, original)
