"""Plays the scenes of one file, in a child process: loads, calls, repeats, measures, judges."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import linecache
import re
import signal
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from tflint_grad.verify import numeric
from tflint_grad.verify.inputs import hints
from tflint_grad.verify.inputs.search import (
    Arguments,
    Attempt,
    NeedsInputs,
    Search,
    State,
    Values,
    described,
)
from tflint_grad.verify.inputs.specification import seed_everything
from tflint_grad.verify.loading import Loader
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.base import Answer, asked, begun, told, unseen
from tflint_grad.verify.oracles.memory import kept
from tflint_grad.verify.outcomes import message
from tflint_grad.verify.probe import Probe
from tflint_grad.verify.question import Question
from tflint_grad.verify.scene import CALL, FIT, LOSS, MAIN, MODULE, Entry, Job
from tflint_grad.verify.shift import Shift
from tflint_grad.verify.syntax import Program
from tflint_grad.verify.verdict import Status

#: Each verdict rests on so many runs, with other random numbers each.
RUNS = 3
SEED = 20
#: Of a generator, so many values are taken.
_VALUES = 3


#: No other arguments would mend these.
_BESIDE_INPUTS = (SystemExit, EOFError, MemoryError, FileNotFoundError, ImportError)


class OutOfTime(BaseException):
    """No `except Exception` of the program may swallow it."""


@dataclass
class Outcome:
    """What a scene says about a question."""

    question: Question
    answer: Answer
    scene: str
    seconds: float


class Player:
    """Runs the entries of one job until every question is answered."""

    def __init__(self, job: Job) -> None:
        self.job = job
        with open(job.file, "rb") as stream:
            text = stream.read()
        self.program = Program.of(text)
        self.lines = text.decode("utf-8", "replace").splitlines()
        self.loader = Loader(job.file, job.root, job.module)
        self._needs: str = ""

    def play(self, begin: Callable[[Entry, list[int]], None]) -> Iterator[Outcome]:
        """Outcomes as they become known, the last on a question holds; `begin` is told what is
        executed next, for whom."""
        open_questions = {one.number: one for one in self.job.questions}
        inconclusive: dict[int, Outcome] = {}
        for entry in self._order():
            meant = [
                open_questions[number]
                for number in sorted(open_questions)
                if entry in self.job.entries[number]
            ]
            if not meant or entry in self.job.skipped:
                continue
            begin(entry, [one.number for one in meant])
            for outcome in self._play(entry, meant):
                number = outcome.question.number
                if outcome.answer.status is Status.CONFIRMED:
                    del open_questions[number]
                    inconclusive.pop(number, None)
                    yield outcome
                else:
                    inconclusive[number] = _better(inconclusive.get(number), outcome)
                    yield inconclusive[number]

    def _order(self) -> list[Entry]:
        rounds = itertools.zip_longest(
            *(self.job.entries[one.number] for one in self.job.questions)
        )
        flat = [entry for group in rounds for entry in group if entry is not None]
        unique = list(dict.fromkeys(flat))
        return [one for one in unique if one.kind != MAIN] + [
            one for one in unique if one.kind == MAIN
        ]

    # One entry

    def _play(self, entry: Entry, questions: list[Question]) -> list[Outcome]:
        began = time.monotonic()
        scene: _Scene = _Scene(self, entry, questions)
        try:
            with alarm(self.job.seconds):
                runs = scene.runs()
        except OutOfTime:
            runs = scene.seen
        seconds = time.monotonic() - began
        outcomes = []
        for one in questions:
            if runs:
                answer = judge(one, runs)
            else:
                answer = unseen(scene.trouble or "it did not run")
            if answer.status is Status.INCONCLUSIVE and scene.trouble:
                answer = unseen(scene.trouble if begun_nowhere(one, runs) else answer.reason)
            outcomes.append(Outcome(one, answer, scene.description(), seconds))
        return outcomes


_EDGE = re.compile(r"\bat (-?\d+(?:\.\d+)?)\b")


def edges(question: Question) -> list[float]:
    """Values at which a function that is finite elsewhere may not be: those that are named, or 0."""
    if question.consequence != "gradient-nan":
        return []
    return [float(each) for each in _EDGE.findall(question.message)] or [0.0]


def begun_nowhere(question: Question, runs: Sequence[Observations]) -> bool:
    return all(begun(question, run) is None for run in runs)


def _better(one: Outcome | None, other: Outcome) -> Outcome:
    """Refuted says more than inconclusive; a later scene that got farther says more, too."""
    if one is None or one.answer.status is Status.INCONCLUSIVE:
        if one is not None and other.answer.status is Status.INCONCLUSIVE:
            vague = (
                "was not reached" in other.answer.reason
                and "was not reached" not in one.answer.reason
            )
            return one if vague else other
        return other
    return one


class _Scene:
    """One entry, run several times: first until it gets anywhere, then to be sure."""

    def __init__(self, player: Player, entry: Entry, questions: list[Question]) -> None:
        self.player = player
        self.entry = entry
        self.questions = questions
        self.job = player.job
        self.seen: list[Observations] = []
        self.trouble = ""
        self.state: State = {}
        self.arguments: Arguments | None = None
        self.marks = {place for one in questions for place in one.flagged.places()}
        consequences = {one.consequence for one in questions}
        self.intermediates = bool(consequences & {"memory", "slow"})

    def description(self) -> str:
        if self.entry.kind == CALL and self.arguments is not None:
            names = [path[0] for path in self.state if len(path) == 1]
            told = described(self.state, names)
            return f"{self.entry.name}({told})"
        return str(self.entry)

    def runs(self) -> list[Observations]:
        """All runs of the scene. What was seen is in `seen`, also where time runs out."""
        if self.entry.kind in (MODULE, MAIN):
            first = self.once(SEED)
            self.seen.append(first)
            if (error := first.escaped()) is not None:
                self.trouble = told(error.kind, error.message)
        elif not self._search():
            return self.seen
        self.again()
        return self.seen

    def again(self) -> None:
        """Other seeds; a run whose tapes forget; runs with moved sources."""
        touched = [one for one in self.questions if not begun_nowhere(one, self.seen)]
        if not touched:
            return
        moved = any(one.consequence in ("gradient-zero", "gradient-nan") for one in touched)
        for seed in range(SEED + 1, SEED + RUNS):
            shift = Shift(scatter=np.random.default_rng(seed)) if moved else None
            self.seen.append(self.once(seed, shift=shift))
        for edge in sorted({edge for one in touched for edge in edges(one)}):
            self.seen.append(self.once(SEED, shift=Shift(edge=edge)))
        if any(one.consequence == "memory" for one in touched):
            # Lazily made variables are made once: the second run is the one to be repeated.
            first = self.seen[0]
            uses = [life.gradients for life in first.tapes]
            kept(first, self.once(SEED, forgetful=uses))
        for one in touched:
            if one.consequence == "gradient-wrong":
                numeric.measure(one, self.seen[0], lambda shift: self.once(SEED, shift=shift))

    # Searching for arguments

    def _search(self) -> bool:
        """Find arguments with which every question is decided; False where nothing ran at all."""
        try:
            given = self._given()
        except hints.MalformedHint as error:
            self.trouble = str(error)
            return False
        module = self._loaded()
        if module is None:
            return False
        wanted = frozenset(
            one.outermost.parent.qualified
            for question in self.questions
            if question.flagged.file == self.job.file
            and (one := self.player.program.enclosing(question.flagged.first)) is not None
            and one.outermost.parent is not None
        )
        self.arguments = Arguments(self.player.program, vars(module), given, wanted)
        first: State = {}
        definition = self.player.program.by_name.get(self.entry.name)
        if definition is None:
            self.trouble = f"{self.entry.name} is not there"
            return False
        if self.entry.kind == FIT:
            self.arguments.add_object(first, ("self",), self.entry.name)
        elif self.entry.kind == CALL:
            if definition.parent is not None and definition.parent.is_class:
                self.arguments.add_object(first, ("self",), definition.parent.qualified)
            self.arguments.add_parameters(first, definition)
        search = Search(
            self.arguments,
            frozenset(self.job.files),
            deadline=time.monotonic() + self.job.seconds * 0.6,
            lines=linecache.getline,
        )
        found = search.run(first, self._attempt)
        if found is None:
            return False
        self.state, attempt = found
        if attempt.error is not None and not attempt.decided:
            self.trouble = self._needs(attempt.error)
        self.seen = [attempt.run] if attempt.run is not None else []
        return bool(self.seen)

    def _given(self) -> dict[str, Any]:
        definition = self.player.program.by_name.get(self.entry.name)
        given: dict[str, Any] = {}
        for key in (self.entry.name, f"{self.job.module}.{self.entry.name}", "*"):
            if key in self.job.inputs:
                given.update(hints.parse(self.job.inputs[key]))
        if definition is not None:
            above = self.player.program.comment_above(definition, self.player.lines)
            given.update(hints.in_comments(above))
        return given

    def _loaded(self) -> types.ModuleType | None:
        seed_everything(SEED)
        try:
            return self.player.loader.load()
        except OutOfTime:
            raise
        except BaseException as error:
            # What was defined before it failed can still be called.
            self.trouble = told(type(error).__name__, message(error))
            return self.player.loader.module

    def _attempt(self, state: State) -> Attempt:
        self.state = state
        attempt = Attempt(0)
        run = attempt.run = self.once(SEED, attempt=attempt)
        self.seen = [run]
        attempt.decided = all(_is_decided(one, run) for one in self.questions)
        reached = sum(begun(one, run) is not None for one in self.questions)
        attempt.progress = len(run.executed) + 20 * reached
        return attempt

    def _needs(self, error: BaseException) -> str:
        """What is missing, with the comment line to paste."""
        assert self.arguments is not None
        name = error.path[0] if isinstance(error, NeedsInputs) else ""
        cause = (error.cause or error) if isinstance(error, NeedsInputs) else error
        names = [path[0] for path in self.state if len(path) == 1]
        why = told(type(cause).__name__, message(cause))
        if not names or isinstance(cause, _BESIDE_INPUTS):
            return why
        what = f"needs inputs for {name!r}" if name else "needs inputs"
        given = described(self.state, names) or "x=float32[8,3]"
        return f"{what} ({why}); above {self.entry.name}: # tflint-grad: inputs {given}"

    # One run

    def once(
        self,
        seed: int,
        *,
        attempt: Attempt | None = None,
        forgetful: list[int] | None = None,
        shift: Shift | None = None,
    ) -> Observations:
        """Load the module anew and execute the entry; no exception comes out but `OutOfTime`."""
        fresh_tensorflow()
        probe = Probe(
            self.job.files,
            self.marks,
            intermediates=self.intermediates,
            forgetful=forgetful,
            shift=shift,
        )
        began = time.monotonic()
        held: list[Any] = []
        seed_everything(seed)
        try:
            with probe.watching():
                try:
                    held.append(self._execute(probe, seed, attempt))
                except OutOfTime as error:
                    probe.note_error(error, escaped=True)
                    self.seen.append(probe.seen)
                    raise
                except BaseException as error:
                    probe.note_error(
                        (error.cause or error) if isinstance(error, NeedsInputs) else error,
                        escaped=True,
                    )
                    if attempt is not None:
                        attempt.error = error
            probe.measure_what_is_kept()
        finally:
            probe.seen.seconds = round(time.monotonic() - began, 3)
        return probe.seen

    def _execute(self, probe: Probe, seed: int, attempt: Attempt | None) -> Any:
        loader = self.player.loader
        if self.entry.kind in (MODULE, MAIN):
            loader.main = self.entry.kind == MAIN
            try:
                loader.forget()
                return loader.load()
            finally:
                loader.main = False
        with probe.resting():
            try:
                module = loader.load()
            except (Exception, SystemExit):
                if not hasattr(loader.module, self.entry.name.partition(".")[0]):
                    raise
                assert loader.module is not None
                module = loader.module
            _absl_flags_parsed()
        assert self.arguments is not None
        self.arguments.refresh(vars(module))
        chooser = np.random.default_rng(seed)
        built = Values()
        if attempt is not None:
            attempt.built = built
        seed_everything(seed)
        if self.entry.kind == CALL:
            return self._call(module, chooser, built)
        return self._fit(module, chooser, built)

    def _call(self, module: types.ModuleType, chooser: np.random.Generator, built: Values) -> Any:
        assert self.arguments is not None
        definition = self.player.program.by_name[self.entry.name]
        owner: Any = None
        if definition.parent is not None and definition.parent.is_class:
            owner = self.arguments.build(self.state, ("self",), chooser, built)
            function = getattr(owner, definition.name)
        else:
            function = getattr(module, definition.name)
        positional, named = self.arguments.call_arguments(
            self.state, definition, (), chooser, built
        )
        result = (
            function(*positional, **named) if callable(function) else function  # a property
        )
        return (owner, self._follow(result, chooser, built, 0))

    def _follow(self, result: Any, chooser: np.random.Generator, built: Values, depth: int) -> Any:
        """What a call gives may be what is to be run: a function, a generator, a compiled model."""
        import keras

        if depth > 2:
            return result
        if inspect.iscoroutine(result):
            return self._follow(asyncio.run(result), chooser, built, depth + 1)
        if inspect.isgenerator(result):
            return result, list(itertools.islice(result, _VALUES))
        if isinstance(result, keras.Model):
            if getattr(result, "optimizer", None) is not None and getattr(result, "loss", None):
                with suppress(NeedsInputs):
                    fit(result)
            return result
        items = result if isinstance(result, tuple | list) and len(result) <= 4 else [result]
        for item in items:
            function = getattr(item, "python_function", item)
            code = getattr(function, "__code__", None)
            if code is None or code.co_filename != self.job.file:
                continue
            for definition in self.player.program.definitions:
                if definition.first <= code.co_firstlineno <= definition.last and (
                    definition.name == code.co_name
                ):
                    self._call_result(item, definition, chooser, built, depth)
        return result

    def _call_result(
        self,
        function: Any,
        definition: Any,
        chooser: np.random.Generator,
        built: Values,
        depth: int,
    ) -> None:
        assert self.arguments is not None
        prefix = ("()" * (depth + 1), definition.name)
        for name in self.arguments.names(definition):
            self.arguments.choose_first(self.state, (*prefix, name), definition, name)
        positional, named = self.arguments.call_arguments(
            self.state, definition, prefix, chooser, built
        )
        self._follow(function(*positional, **named), chooser, built, depth + 1)

    def _fit(self, module: types.ModuleType, chooser: np.random.Generator, built: Values) -> Any:
        """A Keras class or loss function under `fit`, on one batch."""
        import keras

        assert self.arguments is not None
        if self.entry.kind == LOSS:
            model = keras.Sequential([keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
            model.compile(optimizer="sgd", loss=getattr(module, self.entry.name))
            return fit(model)
        thing = self.arguments.build(self.state, ("self",), chooser, built)
        if isinstance(thing, keras.losses.Loss):
            model = keras.Sequential([keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
            model.compile(optimizer="sgd", loss=thing)
            return fit(model)
        if isinstance(thing, keras.Model):
            if getattr(thing, "optimizer", None) is None:
                thing.compile(optimizer="sgd", loss="mse")
            return fit(thing)
        model = keras.Sequential([thing])
        model.compile(optimizer="sgd", loss="mse")
        return fit(model)


def fit(model: Any) -> Any:
    """`fit` on one batch of a shape that the model takes."""
    last: Exception | None = None
    for features, wanted in _batches(model):
        try:
            with _quiet():
                model.fit(features, wanted, batch_size=2, epochs=1, verbose=0)
            return model
        except (ValueError, TypeError) as error:
            if not _is_of_shapes(error):
                raise
            last = error
        except Exception as error:
            if not _is_of_shapes(error):
                raise
            last = error
    if last is not None:
        raise last
    return model


def _batches(model: Any) -> Iterator[tuple[Any, Any]]:
    chooser = np.random.default_rng(SEED)

    def floats(*shape: int) -> Any:
        return chooser.normal(size=shape).astype("float32")

    shape = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    inputs = []
    if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple):
        inputs.append(floats(2, *(3 if size is None else size for size in shape[1:])))
    else:
        inputs += [floats(2, 3), floats(2, 8, 8, 3), floats(2, 4, 3), floats(2, 1), floats(2, 2)]
    for features in inputs:
        wanted = [floats(2, 1), floats(2, 3), np.array([0, 1])]
        with suppress(Exception):
            import tensorflow as tf

            predicted = model.compute_output_shape(features.shape)
            if isinstance(predicted, tuple):
                wanted.insert(0, floats(*(2 if size is None else size for size in predicted)))
            del tf
        for one in wanted:
            yield features, one
    yield floats(2, 3), None


def _is_of_shapes(error: BaseException) -> bool:
    message = _text(error)
    return any(
        word in message
        for word in (
            "shape",
            "ndim",
            "imension",
            "incompatible",
            "rank",
            "broadcast",
            "expected axis",
        )
    )


@contextmanager
def _quiet() -> Iterator[None]:
    yield


def _is_decided(question: Question, run: Observations) -> bool:
    """Whether a run says enough to stop searching."""
    if question.consequence == "gradient-wrong":
        first = begun(question, run)
        return first is not None and any(not call.error for call in asked(question, run, first))
    if question.consequence == "memory":
        return run.escaped() is None and any(
            place in question.flagged or any(place in span for span in question.tapes)
            for life in run.tapes
            for place in life.places
        )
    return judge(question, [run]).status is not Status.INCONCLUSIVE


def fresh_tensorflow() -> None:
    """Undo what an earlier run set for the whole process."""
    import keras
    import tensorflow as tf
    from tensorflow.python.autograph.impl import api

    # AutoGraph keeps conversions by code object, and equal functions at equal rows of two files
    # have equal code: the second would report the rows, and the name, of the first.
    with suppress(AttributeError):
        api._TRANSPILER._cache._cache.clear()
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy("float32")
    keras.backend.set_floatx("float32")
    tf.config.run_functions_eagerly(False)


def _absl_flags_parsed() -> None:
    """A module that reads its flags at once finds their defaults."""
    import sys

    flags = sys.modules.get("absl.flags")
    if flags is not None and not flags.FLAGS.is_parsed():
        with suppress(Exception):
            flags.FLAGS.mark_as_parsed()


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in the main thread."""

    def ring(signum: int, frame: Any) -> None:
        raise OutOfTime(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""
