"""Performs one entry of a job, again and again: until it gets anywhere, and then to be sure."""

from __future__ import annotations

import linecache
import re
import time
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tflint_grad.verify import numeric, pairs
from tflint_grad.verify.devices import Gauges
from tflint_grad.verify.execution import Execution, execute_module
from tflint_grad.verify.inputs import hints
from tflint_grad.verify.inputs.missing import missing
from tflint_grad.verify.inputs.search import (
    Arguments,
    Attempt,
    NeedsInputs,
    Search,
    State,
    described,
)
from tflint_grad.verify.inputs.specification import SEED, seed_everything
from tflint_grad.verify.loading import Loader
from tflint_grad.verify.observation import Claim, Observations
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.base import asked, begun, told
from tflint_grad.verify.oracles.memory import kept
from tflint_grad.verify.outcomes import message
from tflint_grad.verify.pairs import Pair
from tflint_grad.verify.probe import Probe
from tflint_grad.verify.question import Question
from tflint_grad.verify.scene import CALL, FIT, MAIN, MODULE, Entry, Job
from tflint_grad.verify.shift import Shift
from tflint_grad.verify.surroundings import OutOfTime, fresh_tensorflow
from tflint_grad.verify.syntax import Program
from tflint_grad.verify.verdict import NEEDS_INPUTS, Status

#: Each verdict rests on so many runs, with other random numbers each.
RUNS = 3
#: No other arguments would mend these.
_BESIDE_INPUTS = (SystemExit, EOFError, MemoryError, FileNotFoundError, ImportError)
_EDGE = re.compile(r"\bat (-?\d+(?:\.\d+)?)\b")


@dataclass(frozen=True)
class Script:
    """The file of a job, read and ready to be loaded."""

    job: Job
    program: Program
    lines: list[str]
    loader: Loader

    @classmethod
    def of(cls, job: Job) -> Script:
        with open(job.file, "rb") as stream:
            text = stream.read()
        lines = text.decode("utf-8", "replace").splitlines()
        return cls(job, Program.of(text), lines, Loader(job.file, job.root, job.module))


class Performance:
    """One entry, run several times: first until it gets anywhere, then to be sure."""

    def __init__(
        self,
        script: Script,
        entry: Entry,
        questions: Sequence[Question],
        gauges: Gauges = Gauges(),  # noqa: B008 (frozen)
    ) -> None:
        self.script = script
        self.gauges = gauges
        self.entry = entry
        self.questions = questions
        self.job = script.job
        self.seen: list[Observations] = []
        self.trouble = ""
        self.is_explained = False  # what the user can do is in `trouble`
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
        # Whether a gradient is the slope is measured around the first run alone.
        others = () if _all_are_measured(touched) else range(SEED + 1, SEED + RUNS)
        for seed in others:
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
            if one.consequence == "slow" and self.gauges.clocked:
                clock = pairs.timed(one, lambda pair: self.once(SEED, pair=pair))
                if clock:
                    self.seen[0].claims.append(Claim("timed", one.flagged.places()[0], 0, clock))

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
            and (one := self.script.program.enclosing(question.flagged.first)) is not None
            and one.outermost.parent is not None
        )
        self.arguments = Arguments(self.script.program, vars(module), given, wanted)
        first: State = {}
        definition = self.script.program.by_name.get(self.entry.name)
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
            self.trouble = self._needs(attempt, search)
        self.seen = [attempt.run] if attempt.run is not None else []
        return bool(self.seen)

    def _given(self) -> dict[str, Any]:
        definition = self.script.program.by_name.get(self.entry.name)
        given: dict[str, Any] = {}
        for key in (self.entry.name, f"{self.job.module}.{self.entry.name}", "*"):
            if key in self.job.inputs:
                given.update(hints.parse(self.job.inputs[key]))
        if definition is not None:
            above = self.script.program.comment_above(definition, self.script.lines)
            given.update(hints.in_comments(above))
        return given

    def _loaded(self) -> types.ModuleType | None:
        seed_everything(SEED)
        try:
            return self.script.loader.load()
        except OutOfTime:
            raise
        except BaseException as error:
            # What was defined before it failed can still be called.
            self.trouble = told(type(error).__name__, message(error))
            return self.script.loader.module

    def _attempt(self, state: State) -> Attempt:
        self.state = state
        attempt = Attempt(0)
        run = attempt.run = self.once(SEED, attempt=attempt)
        self.seen = [run]
        attempt.decided = all(_is_decided(one, run) for one in self.questions)
        reached = sum(begun(one, run) is not None for one in self.questions)
        attempt.progress = len(run.executed) + 20 * reached
        return attempt

    def _needs(self, attempt: Attempt, search: Search) -> str:
        """What is missing, with the comment line to paste."""
        error = attempt.error
        assert error is not None
        cause = (error.cause or error) if isinstance(error, NeedsInputs) else error
        names = [path[0] for path in self.state if len(path) == 1]
        why = told(type(cause).__name__, message(cause))
        rows = [one.flagged.first for one in self.job.questions if _ends(one, attempt)]
        if rows:
            self.is_explained = True
            return f"the run ends ({why}) by what is found in line {rows[0]}: mend that first"
        if not names or isinstance(cause, (*_BESIDE_INPUTS, OutOfTime)):
            return why
        self.is_explained = True
        own = [error.path] if isinstance(error, NeedsInputs) else []
        trouble = search.trouble(cause, attempt.built, own)
        name = missing(trouble, search.arguments.given)
        what = f"{NEEDS_INPUTS} for {name!r}" if name else NEEDS_INPUTS
        # What we have guessed of the others may be as wrong: it is not for the user to pin down.
        given = f"{name}=…" if name else described(self.state, names) or "x=float32[8,3]"
        return f"{what} ({why}); above {self.entry.name}: # tflint-grad: inputs {given}"

    # One run

    def once(
        self,
        seed: int,
        *,
        attempt: Attempt | None = None,
        forgetful: list[int] | None = None,
        shift: Shift | None = None,
        pair: Pair | None = None,
    ) -> Observations:
        """Load the module anew and execute the entry; no exception comes out but `OutOfTime`."""
        fresh_tensorflow()
        probe = Probe(
            self.job.files,
            self.marks,
            # What is followed is slower: not while time is taken.
            intermediates=self.intermediates and pair is None,
            forgetful=forgetful,
            shift=shift,
            gauges=self.gauges,
            pair=pair,
        )
        began = time.monotonic()
        held: list[Any] = []
        seed_everything(seed)
        try:
            with probe.watching():
                try:
                    held.append(self._execute(probe, seed, attempt or Attempt(0)))
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
                probe.stop_the_clock()
            probe.measure_what_is_kept()
        finally:
            probe.seen.seconds = round(time.monotonic() - began, 3)
        return probe.seen

    def _execute(self, probe: Probe, seed: int, attempt: Attempt) -> Any:
        if self.entry.kind in (MODULE, MAIN):
            return execute_module(self.script.loader, self.entry)
        assert self.arguments is not None
        execution = Execution(
            self.script.loader,
            self.script.program,
            self.entry,
            self.arguments,
            self.state,
            seed,
            attempt.built,
        )
        return execution.run(probe)


def edges(question: Question) -> list[float]:
    """Values at which a function that is finite elsewhere may not be: those that are named, or 0."""
    if question.consequence != "gradient-nan":
        return []
    return [float(each) for each in _EDGE.findall(question.message)] or [0.0]


def _all_are_measured(questions: Sequence[Question]) -> bool:
    return all(one.consequence == "gradient-wrong" for one in questions)


def begun_nowhere(question: Question, runs: Sequence[Observations]) -> bool:
    return all(begun(question, run) is None for run in runs)


def _ends(question: Question, attempt: Attempt) -> bool:
    """Whether a finding has come true in a run that an exception ended: what raises, or is None
    where a number was expected."""
    if attempt.run is None or question.consequence not in ("raises", "gradient-none"):
        return False
    return judge(question, [attempt.run]).status is Status.CONFIRMED


def _is_decided(question: Question, run: Observations) -> bool:
    """Whether a run says enough to stop searching."""
    if question.consequence == "gradient-wrong":
        first = begun(question, run)
        # A model that is not built yet has no variables: nothing was asked for.
        return first is not None and any(
            call.outcomes and not call.error for call in asked(question, run, first)
        )
    if question.consequence == "memory":
        return run.escaped() is None and any(
            place in question.flagged or any(place in span for span in question.tapes)
            for life in run.tapes
            for place in life.places
        )
    return judge(question, [run]).status is not Status.INCONCLUSIVE
