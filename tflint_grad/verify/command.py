"""`--verify -- COMMAND`: the user's own program runs with our probe inside, and findings get verdicts.

Each Python process that imports TensorFlow leaves a file of what it saw; the oracles judge these as
they judge the runs of a scene.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tflint_grad.config import UsageError
from tflint_grad.findings import Finding
from tflint_grad.verify import launch, scenes
from tflint_grad.verify.devices import NoSuchDevice, Wanted, look_for
from tflint_grad.verify.inside import STARTUP, TASK
from tflint_grad.verify.observation import Observations
from tflint_grad.verify.observed import observed
from tflint_grad.verify.oracles import judge
from tflint_grad.verify.oracles.base import Answer, begun, unseen
from tflint_grad.verify.oracles.counts import in_calls
from tflint_grad.verify.question import Question
from tflint_grad.verify.verdict import Status, Verdict

_LONGEST = 80
_OF_WHAT_TAPES_RECORD = ("memory", "slow")


@dataclass(frozen=True)
class Process:
    """A process of the program in which TensorFlow was imported.

    `trouble`: what could not be watched there; `cut_off`: nor can its children; `half`: its losses are
    scaled, so that infinite gradients are expected.
    """

    observations: Observations
    tensorflow: str
    device: str
    trouble: str
    cut_off: bool
    half: bool

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Process:
        return cls(
            observations=Observations.from_json(data["observations"]),
            tensorflow=data["tensorflow"],
            device=data["device"],
            trouble=data["trouble"],
            cut_off=data["cut_off"],
            half=data["half"],
        )


@dataclass(frozen=True)
class Told:
    """`verdicts` by the number of the finding; `observed`: what no finding had foretold."""

    exit_code: int
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    observed: Sequence[Finding] = ()


@dataclass(frozen=True)
class _Left:
    """What the program has left behind in our folder."""

    processes: list[Process]
    entered: bool
    troubles: list[str]

    @classmethod
    def of(cls, folder: str) -> _Left:
        processes, troubles = [], []
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if name.startswith("trouble-"):
                with open(path, encoding="utf-8") as stream:
                    troubles.append(stream.read())
            elif name.endswith(".json") and name[0].isdigit():
                with open(path, encoding="utf-8") as stream:
                    processes.append(Process.from_json(json.load(stream)))
        return cls(processes, os.path.exists(os.path.join(folder, "entered")), troubles)

    def why_nothing(self) -> str:
        """Why no process tells anything; empty where one does."""
        if self.processes:
            return ""
        if self.troubles:
            return f"the probe could not be used: {self.troubles[0]}"
        if self.entered:
            return "the program did not import TensorFlow"
        return (
            "no Python of this command could be watched: each of them, or what starts it, "
            "replaces PYTHONPATH or has Python ignore it (-I, -E, -S)"
        )

    def what_hides(self) -> str:
        """Why something may have happened that was not seen; empty where nothing says so."""
        for one in self.processes:
            if one.trouble:
                return one.trouble
        if any(one.cut_off for one in self.processes):
            return "the program replaces PYTHONPATH: what it starts then is not watched"
        return ""


def run(
    command: Sequence[str],
    findings: Sequence[Finding],
    *,
    files: Sequence[str],
    device: Wanted = Wanted(),  # noqa: B008 (frozen)
    seconds: float | None = None,
    silenced: Callable[[Collection[str]], Sequence[Finding]] | None = None,
) -> Told:
    """Run a command to its end and judge the findings by what its Python processes did.

    Args:
        findings: those of `files`, in the order in which the verdicts number them.
        files: whose gradient calls are watched.
        device: to which the program is confined; by default it takes what it likes.
        seconds: ends the program after so long; by default it has all the time it takes.
        silenced: the findings of some files that nobody wants to hear of, and which explain what is
            observed there all the same.

    Raises:
        UsageError: the command cannot be run, or not on this device.
    """
    try:
        look_for(device, command)
    except NoSuchDevice as error:
        raise UsageError(str(error)) from error
    watched = sorted({os.path.abspath(file) for file in files})
    questions = _questions(findings)
    with tempfile.TemporaryDirectory(
        prefix="tflint-grad-",
        ignore_cleanup_errors=True,  # what outlives the program may still write
    ) as folder:
        _write_task(folder, watched, questions)
        try:
            ended = launch.run(command, _environment(device), seconds, (TASK, folder))
        except launch.CannotRun as error:
            raise UsageError(str(error)) from error
        left = _Left.of(folder)
    limit = seconds if ended.timed_out else None
    scene = _shortened(shlex.join(command))
    verdicts = {one.number: _verdict(one, left, scene, limit) for one in questions}
    seen = observed(left.processes, questions, watched, scene)
    if seen and silenced is not None:
        known = _questions(silenced({finding.filename for finding in seen}))
        seen = observed(left.processes, [*questions, *known], watched, scene)
    return Told(ended.code, verdicts, seen)


def _questions(findings: Sequence[Finding]) -> list[Question]:
    return [
        Question.of(scenes.absolute(finding), number, scenes.statement)
        for number, finding in enumerate(findings)
        if str(finding.consequence) not in scenes.WITHOUT_VERDICT
    ]


def _write_task(folder: str, watched: Sequence[str], questions: Sequence[Question]) -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "root"), "w", encoding="utf-8") as stream:
        stream.write(os.path.dirname(os.path.dirname(here)))
    statements = {one.flagged for one in questions}
    errors = any(one.consequence == "raises" for one in questions)
    if errors:  # what is raised may come only where the gradient is asked for
        statements |= {span for one in questions for span in one.asked}
    files = {*watched, *(span.file for span in statements)}
    for one in questions:
        files |= {span.file for span in (*one.tapes, *one.asked)}
    task = {
        "files": sorted(files),
        "statements": [
            span.places() for span in sorted(statements, key=lambda span: (span.file, span.first))
        ],
        "errors": errors,
        "tapes": sorted(
            place
            for one in questions
            if one.consequence in _OF_WHAT_TAPES_RECORD
            for span in (one.flagged, *one.tapes)
            for place in span.places()
        ),
        "startup": STARTUP,
    }
    with open(os.path.join(folder, "task.json"), "w", encoding="utf-8") as stream:
        json.dump(task, stream)


def _environment(device: Wanted) -> dict[str, str]:
    before = os.environ.get("PYTHONPATH")
    path = f"{STARTUP}{os.pathsep}{before}" if before else STARTUP
    return {**os.environ, "PYTHONPATH": path, **device.confining(os.environ)}


def _verdict(question: Question, left: _Left, scene: str, timed_out: float | None) -> Verdict:
    runs = [one.observations for one in left.processes]
    answer = _answer(question, runs, left, timed_out)
    witness = next(
        (one for one in left.processes if begun(question, one.observations) is not None),
        left.processes[0] if left.processes else None,
    )
    return Verdict(
        status=answer.status,
        evidence=in_calls(question, answer.status, runs) or answer.evidence,
        reason=answer.reason,
        device=witness.device if witness else "",
        tensorflow=witness.tensorflow if witness else "",
        seconds=sum(run.seconds for run in runs),
        scene=scene,
    )


def _answer(
    question: Question, runs: Sequence[Observations], left: _Left, timed_out: float | None
) -> Answer:
    nothing = left.why_nothing()
    if nothing:
        late = f" in {timed_out:g} s" if timed_out is not None else ""
        return unseen(f"{nothing}{late}")
    answer = judge(question, runs)
    if answer.status is not Status.INCONCLUSIVE:
        return answer
    row = question.flagged.first
    if all(begun(question, run) is None for run in runs):
        if timed_out is not None:
            return unseen(f"line {row} was not reached in {timed_out:g} s")
        for run in runs:
            if run.escaped() is not None:
                return answer
        hidden = left.what_hides()
        return unseen(hidden or f"line {row} was not reached by this command")
    if question.consequence == "gradient-wrong":
        return unseen(
            "whether a gradient is the slope takes more runs, with its sources moved, and your program"
            " has one; --verify without a command has them"
        )
    return answer


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
