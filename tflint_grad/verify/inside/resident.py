"""The probe that lives in the user's program, from TensorFlow's import to the end."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.platform import tf_logging

from tflint_grad.verify.compiled import Mailbox
from tflint_grad.verify.hearing import Ear
from tflint_grad.verify.inside.deaths import Deaths
from tflint_grad.verify.inside.journal import Journal
from tflint_grad.verify.inside.lines import Rows, watch
from tflint_grad.verify.observation import GradientCall, Observations, Place
from tflint_grad.verify.places import GENERATED, Places
from tflint_grad.verify.probe import Probe
from tflint_grad.verify.records import Record, record_of

#: Tapes, exceptions and warnings that are written down: a program may run for days.
_MOST = 200
#: Values of one tape that are followed.
_MOST_RECORDED = 10_000
#: Gradient calls of different kinds, likewise: some messages differ each time.
_MOST_CALLS = 2000


class RealPlaces(Places):
    """The program may know a watched file by another name: through a link, or relative to a folder."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """`files`: from real paths to the names that the linter gives them."""
        super().__init__(files.values())
        self._real = files
        self._names: dict[str, str] = {name: name for name in files.values()}

    def watched(self, name: str) -> str:
        if name not in self._names:
            generated = GENERATED in name  # no file of that name needs to be looked for
            self._names[name] = "" if generated else self._real.get(os.path.realpath(name), "")
        return self._names[name]


class Resident(Probe):
    """Watches the whole program. Nothing that goes wrong in here may come out."""

    def __init__(self, task: Mapping[str, Any], folder: str) -> None:
        files = {os.path.realpath(name): name for name in task["files"]}
        # Following what tapes record makes TensorFlow slower: where a finding asks for it only.
        super().__init__(task["files"], most=_MOST, intermediates=bool(task["tapes"]))
        self.places = RealPlaces(files)
        self.mailbox = Mailbox(_is_of_keras)
        self._began = time.monotonic()
        self._journal = Journal(folder, self._told)
        self._lines = Rows(
            self.places,
            [[(file, row) for file, row in rows] for rows in task["statements"]],
            bool(task["errors"]),
            self,
        )
        self._deaths = Deaths()
        self._followed = frozenset((file, row) for file, row in task["tapes"])
        self._startup = task["startup"]
        self._trouble = ""
        self._stack = ExitStack()

    def stay(self) -> None:
        """Begin to watch; `leave` is called when the program ends."""
        self._stack.enter_context(self.watching(rows=False))
        blind, stop = watch(self._lines)
        self._trouble = blind
        self._stack.callback(stop)
        self._stack.enter_context(self._hearing_of_sudden_ends())
        if self._followed:
            self._stack.enter_context(self._deaths.heard())
        atexit.register(self.leave)
        os.register_at_fork(after_in_child=self._after_fork)
        self._journal.write()

    def leave(self) -> None:
        """The interpreter ends: undo everything, while all is still there."""
        if self.measuring:
            self._look_at_the_end()
            if self._followed:
                self.measure_what_is_kept()
            self._stack.close()
            self._journal.write()

    def _look_at_the_end(self) -> None:
        error = getattr(sys, "last_value", None)  # set by Python for what nobody caught
        if isinstance(error, BaseException):
            self.note_error(error, escaped=True)

    # What is seen

    def row_ran(self, place: Place) -> None:
        self.seen.executed.setdefault(place, self.tick())
        self._journal.note(new=True)

    def error_passes(self, error: BaseException, place: Place) -> None:
        if self.measuring and len(self.seen.raised) < _MOST:
            self.note_passing(error, place)
            self._journal.note(new=True)

    def lines_are_lost(self, why: str) -> None:
        self._trouble = why

    def _look_at(self, call: GradientCall, result: Any) -> None:
        try:
            super()._look_at(call, result)
        except Exception as error:  # a gradient of a kind that we do not know is no error of theirs
            call.outcomes = []
            self._trouble = f"a gradient could not be looked at: {type(error).__name__}: {error}"

    def _making(self, original: Callable[..., None]) -> Callable[..., None]:
        making = super()._making(original)

        def init(tape: Any, *arguments: Any, **named: Any) -> None:
            making(tape, *arguments, **named)
            record = record_of(tape)
            if record is not None and self._follows(record):
                self._deaths.expect(tape, record)
                late = len(self.seen.tapes) >= _MOST and self.seen.tapes[-1] is not record.life
                if late and len(self.seen.tapes) < 2 * _MOST:  # those that matter have room
                    self.seen.tapes.append(record.life)

        return init

    def _follows(self, record: Record) -> bool:
        return any(place in self._followed for place in record.life.places)

    def _operation(
        self,
        op_type: str,
        inputs: Any,
        attrs: Any,
        outputs: Any,
        op_name: str | None = None,
        graph: Any = None,
    ) -> None:
        if graph is None and self.measuring:
            for record in self._records:
                tape = record.tape()
                if tape is not None and tape._recording and self._follows(record):
                    record.life.recorded += 1
                    if len(record.recorded) < _MOST_RECORDED:
                        record.recorded += [weakref.ref(output) for output in outputs]

    def _after_use(self, tape: Any) -> None:
        """Nothing is collected while the program runs: tapes speak when they die."""

    def add(self, call: GradientCall) -> None:
        before = len(self._calls)
        if before < _MOST_CALLS or call.signature in self._calls:
            super().add(call)
            self._journal.note(new=len(self._calls) > before)

    @contextmanager
    def _hearing_warnings(self) -> Iterator[None]:
        """As the program has set TensorFlow's logger: what it silences stays silent."""
        ear = Ear(self, _MOST)
        logger = tf_logging.get_logger()
        logger.addHandler(ear)
        try:
            yield
        finally:
            logger.removeHandler(ear)

    # How a process ends, or becomes two

    @contextmanager
    def _hearing_of_sudden_ends(self) -> Iterator[None]:
        """`os._exit`, with which forked children end, and `exec` skip whatever is registered."""
        originals = {name: getattr(os, name) for name in ("_exit", "execv", "execve")}
        for name, original in originals.items():
            setattr(os, name, self._writing_first(original))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(os, name, original)

    def _writing_first(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def ending(*arguments: Any, **named: Any) -> Any:
            with contextlib.suppress(Exception):
                self._journal.write()
            return original(*arguments, **named)

        return ending

    def _after_fork(self) -> None:
        """What the parent has seen is the parent's to tell; which rows led here is the child's too."""
        executed = self.seen.executed
        self.seen = Observations(executed=dict(executed))
        self._calls = {}
        self._journal.after_fork()

    # What is told

    def _told(self) -> dict[str, Any]:
        if self.measuring:
            self.empty_mailbox()
        self.seen.traces = {}
        self._count_traces()
        self.seen.seconds = time.monotonic() - self._began
        path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        return {
            "pid": os.getpid(),
            "command": [str(word) for word in sys.argv],
            "tensorflow": tf.__version__,
            "device": device(),
            "trouble": self._trouble,
            "cut_off": self._startup not in path,
            "half": half_precision(),
            "observations": self.seen.as_json(),
        }


def _is_of_keras(function: Any) -> bool:
    """A function of the program's own may be saved with its model, and fails there with a variable
    that is not the model's. What Keras compiles for `fit` is never saved."""
    module = getattr(getattr(function, "python_function", None), "__module__", None) or ""
    return str(module).partition(".")[0] in ("keras", "tf_keras")


def device() -> str:
    """Where TensorFlow computes by itself; empty before it has looked: asking would settle it."""
    if not context.context()._initialized:
        return ""
    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        return "CPU:0"
    physical = tf.config.list_physical_devices("GPU")
    model = tf.config.experimental.get_device_details(physical[0]).get("device_name", "")
    return f"GPU:0 ({model})" if model else "GPU:0"


def half_precision() -> bool:
    """Whether the loss is scaled, so that overflowing gradients are looked for, and skipped."""
    keras = sys.modules.get("keras")
    try:
        return keras is not None and keras.config.dtype_policy().compute_dtype == "float16"
    except Exception:  # Keras is being imported, or is none of those that we know
        return False


def move_in(folder: str) -> None:
    """TensorFlow has just been imported in a process of the program."""
    with open(os.path.join(folder, "task.json"), encoding="utf-8") as stream:
        task = json.load(stream)
    Resident(task, folder).stay()
