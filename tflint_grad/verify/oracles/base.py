"""What an oracle gets and gives, and what several of them ask of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tflint_grad.verify.observation import GradientCall, Observations
from tflint_grad.verify.question import Question
from tflint_grad.verify.verdict import Status


@dataclass(frozen=True)
class Answer:
    """A verdict in the making. `reason` speaks where the status is inconclusive."""

    status: Status
    evidence: str = ""
    reason: str = ""


_COMMAND = "run it by --verify -- COMMAND"

Runs = Sequence[Observations]
Oracle = Callable[[Question, Runs], Answer]


def confirmed(evidence: str) -> Answer:
    return Answer(Status.CONFIRMED, evidence=evidence)


def refuted(evidence: str) -> Answer:
    return Answer(Status.REFUTED, evidence=evidence)


def unseen(reason: str) -> Answer:
    return Answer(Status.INCONCLUSIVE, reason=reason)


def begun(question: Question, run: Observations) -> int | None:
    """When the flagged statement first ran; None: it never did."""
    return min(
        (run.executed[place] for place in question.flagged.places() if place in run.executed),
        default=None,
    )


def reached(question: Question, runs: Runs) -> list[tuple[Observations, int]]:
    """The runs in which the flagged statement ran, with the event."""
    found = []
    for run in runs:
        first = begun(question, run)
        if first is not None:
            found.append((run, first))
    return found


def never_ran(question: Question, runs: Runs) -> Answer:
    """Nothing can be said, and why."""
    for run in runs:
        error = run.escaped()
        if error is not None:
            return unseen(
                f"line {question.flagged.first} was not reached: {told(error.kind, error.message)}"
            )
    return unseen(f"line {question.flagged.first} was not reached")


def asked(question: Question, run: Observations, after: int) -> list[GradientCall]:
    """The gradient calls that the finding speaks of, as far as it says which."""
    calls = [call for call in run.gradients if call.last > after]
    if question.asked:
        calls = [call for call in calls if any(call.place in span for span in question.asked)]
    if question.tapes:
        calls = [
            call
            for call in calls
            if not call.tape[1] or any(one in span for one in call.tapes for span in question.tapes)
        ]
    return calls


def told(kind: str, message: str) -> str:
    """An exception in a line, with what can be done where it is no fault of the inputs."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # AutoGraph puts the traceback first.
    first = (lines[-1] if lines[0].startswith("in user code") else lines[0]) if lines else ""
    first = first.rstrip(".") if len(first) <= 160 else first[:159] + "…"
    match kind:
        case "OutOfTime":
            return f"it took {first}"
        case "SystemExit":
            return f"the program exits by itself ({first or 0}); {_COMMAND}"
        case "EOFError" if "reading a line" in first:
            return f"the program reads standard input; {_COMMAND}"
        case "ModuleNotFoundError" | "ImportError":
            return f"cannot be imported: {first}; install it beside TensorFlow, or {_COMMAND}"
        case "FileNotFoundError":
            return f"a file is not there, in an empty folder: {first}; {_COMMAND}"
    return f"{kind}: {first}" if first else kind


def share(part: int, whole: int) -> str:
    """How many of the runs; the user's own program runs once, and may do a thing many times then."""
    return f"in {part} of {whole} runs" if whole > 1 else "in this run"
