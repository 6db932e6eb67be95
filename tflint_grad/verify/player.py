"""Plays the scenes of one file, in a child process, and judges what they show."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tflint_grad.verify.devices import Gauges
from tflint_grad.verify.loading import Loader
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.base import Answer, unseen
from tflint_grad.verify.performance import Performance, Script, begun_nowhere
from tflint_grad.verify.question import Question
from tflint_grad.verify.scene import MAIN, Entry, Job
from tflint_grad.verify.surroundings import OutOfTime, alarm
from tflint_grad.verify.verdict import Status, says


@dataclass
class Outcome:
    """What a scene says about a question."""

    question: Question
    answer: Answer
    scene: str
    seconds: float


class Player:
    """Runs the entries of one job until every question is answered."""

    def __init__(self, job: Job, gauges: Gauges = Gauges()) -> None:  # noqa: B008 (frozen)
        self.job = job
        self._gauges = gauges
        self._script = Script.of(job)

    @property
    def loader(self) -> Loader:
        return self._script.loader

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
        scene = Performance(self._script, entry, questions, self._gauges)
        late = ""
        try:
            with alarm(self.job.seconds):
                runs = scene.runs()
        except OutOfTime as error:
            runs, late = scene.seen, str(error)
        seconds = time.monotonic() - began
        outcomes = []
        for one in questions:
            if runs:
                answer = judge(one, runs)
            else:
                answer = unseen(scene.trouble or (f"it took {late}" if late else "it did not run"))
            is_open = answer.status is Status.INCONCLUSIVE and scene.trouble
            if is_open and (scene.is_explained or begun_nowhere(one, runs)):
                answer = unseen(scene.trouble)  # it says what the user can give
            elif late and answer.status is Status.INCONCLUSIVE and not begun_nowhere(one, runs):
                row = one.flagged.first
                answer = unseen(
                    f"it took {late} to see what line {row} does; give it --verify-timeout SECONDS"
                )
            outcomes.append(Outcome(one, answer, scene.description(), seconds))
        return outcomes


def _better(one: Outcome | None, other: Outcome) -> Outcome:
    """Of two outcomes on a question the one that says more; else the later, which got farther."""
    if one is None:
        return other
    before, now = (says(each.answer.status, each.answer.reason) for each in (one, other))
    return other if now >= before else one
