"""Watches TensorFlow while a scene runs, and writes down what its tapes do.

Nothing that the program sees may change: what is wrapped keeps its signature, its result and its
exceptions, no strong reference outlives the call, and everything is undone on leaving.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import polymorphic_function
from tensorflow.python.framework import op_callbacks, ops
from tensorflow.python.platform import tf_logging

from tflint_grad.verify import outcomes
from tflint_grad.verify.compiled import Mailbox
from tflint_grad.verify.devices import Gauges
from tflint_grad.verify.hearing import Ear
from tflint_grad.verify.observation import (
    NOWHERE,
    Claim,
    GradientCall,
    Observations,
    Place,
    Raised,
    TapeLife,
)
from tflint_grad.verify.pairs import Pair
from tflint_grad.verify.places import Places
from tflint_grad.verify.records import Record, record_of
from tflint_grad.verify.rows import RowTracer
from tflint_grad.verify.shift import Asked, Shift
from tflint_grad.verify.stages import stage

_NOTHING = contextlib.nullcontext()
ASKS = ("gradient", "jacobian", "batch_jacobian")
#: Beyond so many tapes, exceptions and warnings no more are written down: a training loop has many.
_MOST = 2000


class _Depth(threading.local):
    """How many gradient calls of our own eyes a thread is in."""

    value = 0


class Probe:
    """Everything seen in one run.

    `files` are watched; `marks` are the places whose every execution is told with the tapes that
    recorded then. With `intermediates`, what tapes record is followed: it makes TensorFlow slower.
    With `forgetful`, each tape drops its record after as many gradient calls as are given: the run
    that might have been, against which what a tape keeps alive is measured. `shift` moves sources.
    `gauges` are read off the device; `pair` is the other run, of which time is taken.
    """

    current: Probe | None = None

    def __init__(
        self,
        files: Collection[str],
        marks: Collection[Place] = (),
        *,
        intermediates: bool = False,
        forgetful: list[int] | None = None,
        shift: Shift | None = None,
        gauges: Gauges = Gauges(),  # noqa: B008 (frozen)
        pair: Pair | None = None,
        most: int = _MOST,
    ) -> None:
        self.seen = Observations()
        self.places = Places(files)
        self.measuring = True  # off while somebody differentiates numerically
        self.shift = shift
        self.mailbox = Mailbox()
        self._gauges = gauges
        self._pair = pair
        self._opened: float | None = None
        self._clock = itertools.count(1)
        self._depth = _Depth()
        self._most = most
        self._numbers = itertools.count()
        self._intermediates = intermediates
        self._forgetful = forgetful
        self._records: list[Record] = []
        self._functions: list[tuple[weakref.ref[Any], Place]] = []
        self._calls: dict[tuple[object, ...], GradientCall] = {}
        self._rows = RowTracer(self.places, self, frozenset(marks))

    def tick(self) -> int:
        return next(self._clock)

    # What others tell us

    def note_claim(self, kind: str, reason: str = "") -> None:
        self.seen.claims.append(Claim(kind, self.places.here(), self.tick(), reason))

    def note_row(self, place: Place, marked: bool) -> None:
        self.seen.executed.setdefault(place, self.tick())
        if marked:
            under = self.seen.under.setdefault(place, [])
            under += [tape for tape in self._recording() if tape not in under]
            stages = self.seen.stages.setdefault(place, [])
            if (now := stage()) not in stages:
                stages.append(now)

    def note_passing(self, error: BaseException, place: Place) -> None:
        """An exception came through a watched row; whoever catches it."""
        kind, message = type(error).__name__, outcomes.message(error)
        last = self.seen.raised[-1] if self.seen.raised else None
        if last is not None and (last.kind, last.message) == (kind, message):
            if place not in last.places:
                last.places.append(place)
        elif len(self.seen.raised) < _MOST:
            self.seen.raised.append(Raised(kind, message, [place], self.tick(), False))

    def note_error(self, error: BaseException, escaped: bool) -> None:
        kind, message = type(error).__name__, outcomes.message(error)
        places = self.places.through(error)
        self.seen.raised.append(Raised(kind, message, places, self.tick(), escaped))

    @contextmanager
    def resting(self) -> Iterator[None]:
        before, self.measuring = self.measuring, False
        try:
            yield
        finally:
            self.measuring = before

    # What we see ourselves

    @contextmanager
    def watching(self, rows: bool = True) -> Iterator[Probe]:
        """Everything below is undone on leaving. `rows`: tell which rows run, too."""
        with ExitStack() as stack:
            enter = stack.enter_context
            for name in ASKS:
                enter(replaced(tf.GradientTape, name, self._asking))
            enter(replaced(tf.GradientTape, "__init__", self._making))
            enter(replaced(tf.GradientTape, "__enter__", self._entering))
            enter(replaced(tf.GradientTape, "__exit__", self._leaving))
            enter(replaced(ops._EagerTensorBase, "_numpy", self._converting))
            enter(replaced(polymorphic_function.Function, "__init__", self._making_function))
            if self.shift is not None:
                enter(self.shift.applied())
            enter(self._hearing_warnings())
            if self._intermediates or self._forgetful is not None:
                op_callbacks.add_op_callback(self._operation)
                stack.callback(op_callbacks.remove_op_callback, self._operation)
            Probe.current = self
            try:
                with self._rows.tracing() if rows else contextlib.nullcontext():
                    yield self
            finally:
                Probe.current = None
                self.empty_mailbox()
                self.measuring = False  # what outlives the run may still call us
                self._count_traces()

    def _recording(self) -> list[Place]:
        """Where the tapes were opened that record now."""
        places = []
        for record in reversed(self._records[-50:]):
            tape = record.tape()
            if tape is not None and tape._recording:
                places += [record.life.places[0], record.life.places[-1]]
        return places

    def _making(self, original: Callable[..., None]) -> Callable[..., None]:
        def init(tape: Any, *arguments: Any, **named: Any) -> None:
            original(tape, *arguments, **named)
            if self.measuring:
                in_graph = not tf.executing_eagerly()
                life = TapeLife([self.places.here()], tape._persistent, in_graph)
                if len(self.seen.tapes) < self._most:
                    self.seen.tapes.append(life)
                if len(self._records) >= self._most:
                    self._records = [one for one in self._records if one.tape() is not None]
                record = tape._tflint_grad_record = Record(tape, life, next(self._numbers))
                self._records.append(record)
                if self._intermediates:
                    record.allocated = self._gauges.allocated() or 0
                if self._pair is not None and self._opened is None:
                    self._opened = self._gauges.now()

        return init

    def _entering(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def enter(tape: Any) -> Any:
            record = record_of(tape)
            if record is not None and self.measuring:
                record.life.places.append(self.places.here())
                if self.shift is not None:
                    self.shift.on_entry(record.number)
            return original(tape)

        return enter

    def _leaving(self, original: Callable[..., None]) -> Callable[..., None]:
        def leave(tape: Any, *exception: Any) -> None:
            original(tape, *exception)
            self._after_use(tape)

        return leave

    def _after_use(self, tape: Any) -> None:
        record = record_of(tape)
        if record is None or not self.measuring or not tf.executing_eagerly():
            return
        if not self._intermediates and self._forgetful is None:
            return
        if self._forgetful is not None and not tape._recording:
            number = record.number
            uses = self._forgetful[number] if number < len(self._forgetful) else 0
            tape._tape = None if record.life.gradients >= uses else tape._tape
        record.life.alive_after_use = record.alive()
        allocated = self._gauges.allocated()
        if allocated is not None:
            record.life.bytes_after_use = allocated - record.allocated

    def _asking(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def ask(tape: Any, target: Any, sources: Any, *arguments: Any, **named: Any) -> Any:
            # `jacobian` asks through `gradient`, once a row: only the outer question is the user's.
            if self._depth.value or not self.measuring:
                return original(tape, target, sources, *arguments, **named)
            record = record_of(tape)
            opened = record.life.places[-1] if record is not None else NOWHERE
            made = record.life.places[0] if record is not None else NOWHERE
            call = GradientCall(self.places.here(), opened, original.__name__, made)
            call.asked_by = self.places.stranger(sys._getframe(1))
            unconnected = named.get("unconnected_gradients", arguments[1:2])
            call.zeros_for_none = "zero" in str(unconnected).lower()
            with contextlib.suppress(Exception):  # what cannot be flattened is theirs to hear of
                call.target_is_host = outcomes.is_host(target)
                call.sources = outcomes.names(sources)
            self._depth.value += 1
            recorded = record.life.recorded if record is not None else 0
            try:
                aside = self._pair.aside(tape, call.place) if self._pair is not None else _NOTHING
                with aside:
                    result = original(tape, target, sources, *arguments, **named)
                self._look_at(call, result)
                if self.shift is not None and record is not None:
                    asked = Asked(record.number, call, target, sources, result)
                    asked.weights = named.get("output_gradients", next(iter(arguments), None))
                    self.shift.on_gradient(asked, self.mailbox)
                return result
            except Exception as error:
                call.error = f"{type(error).__name__}: {outcomes.message(error)}"
                raise
            finally:
                self._depth.value -= 1
                self.add(call)
                if record is not None:
                    record.life.gradients += 1
                    record.life.recorded_by_gradients += record.life.recorded - recorded
                self._after_use(tape)

        return ask

    def _look_at(self, call: GradientCall, result: Any) -> None:
        gradients = tf.nest.flatten(result)
        call.outcomes = [outcomes.outcome(gradient) for gradient in gradients]
        if outcomes.SYMBOLIC in call.outcomes:
            outcomes.tell_when_run(gradients, functools.partial(self._ran, call), self.mailbox)

    def _ran(self, traced: GradientCall, words: list[str], count: int) -> None:
        """A graph has computed gradients that were symbols when it was traced."""
        if self.measuring:
            self.add(replace(traced, outcomes=words, count=count))

    def empty_mailbox(self) -> None:
        """Hear of what graphs have left that XLA compiled."""
        self._depth.value += 1  # what is read here is no wait of the program's
        try:
            self.mailbox.empty()
        finally:
            self._depth.value -= 1

    def add(self, call: GradientCall) -> None:
        call.first = call.last = self.tick()
        same = self._calls.setdefault(call.signature, call)
        if same is call:
            self.seen.gradients.append(call)
        else:
            same.count += call.count
            same.last = call.last

    def _converting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def numpy(tensor: Any) -> Any:
            if self.measuring and not self._depth.value:
                place = self.places.here()
                if place[1]:
                    self.seen.conversions[place] = self.seen.conversions.get(place, 0) + 1
                    if self._pair is not None:
                        return self._pair.converted(place, lambda: original(tensor))
            return original(tensor)

        return numpy

    def _making_function(self, original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def init(function: Any, python_function: Any, *arguments: Any, **named: Any) -> None:
            original(function, python_function, *arguments, **named)
            code = getattr(python_function, "__code__", None)
            if self.measuring and code is not None and len(self._functions) < _MOST:
                place = self.places.at(code.co_filename, code.co_firstlineno)
                if place[1]:
                    self._functions.append((weakref.ref(function), place))

        return init

    def _count_traces(self) -> None:
        for reference, place in self._functions:
            function = reference()
            name = f"{place[0]}:{place[1]}"
            traces = 1 if function is None else function.experimental_get_tracing_count()
            self.seen.traces[name] = self.seen.traces.get(name, 0) + traces

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
                record.life.recorded += 1

    @contextmanager
    def _hearing_warnings(self) -> Iterator[None]:
        ear = Ear(self, _MOST)
        logger = tf_logging.get_logger()
        level = logger.level
        # TensorFlow says each thing once a process: let it say it once a run.
        tf_logging._log_counter_per_token.clear()
        if level > logging.WARNING:
            logger.setLevel(logging.WARNING)
        logger.addHandler(ear)
        try:
            yield
        finally:
            logger.removeHandler(ear)
            logger.setLevel(level)

    def stop_the_clock(self) -> None:
        """The scene is over, as soon as the device has done its work."""
        if self._opened is not None:
            self.seen.taped_seconds = self._gauges.now() - self._opened

    def measure_what_is_kept(self) -> None:
        """At the end: which tapes live, and what lives only because a tape holds it."""
        gc.collect()
        for record in self._records:
            tape = record.tape()
            if tape is not None and tape._tape is not None:
                record.life.alive_at_end = True
                before, allocated = record.alive(), self._gauges.allocated()
                tape._tape = None
                record.life.kept_at_end = before - record.alive()
                if allocated is not None:
                    record.life.bytes_kept = allocated - (self._gauges.allocated() or 0)
                record.life.compared = True


@contextmanager
def replaced(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Iterator[None]:
    """Wrap an attribute of a class for a while; inherited ones are left to the base class."""
    original = getattr(owner, name)
    own = name in vars(owner)
    wrapped = functools.wraps(original)(wrap(original))
    setattr(owner, name, wrapped)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)
