"""`gradient-none`, `gradient-zero`, `gradient-nan`: what the gradient call gave for the source."""

from __future__ import annotations

from tflint_grad.verify.observation import GradientCall, Observations
from tflint_grad.verify.oracles.base import (
    Answer,
    Oracle,
    Runs,
    asked,
    confirmed,
    never_ran,
    reached,
    refuted,
    share,
    told,
    unseen,
)
from tflint_grad.verify.question import Question
from tflint_grad.verify.sources import relevant

_SPOKEN = {"none": "None", "zero": "zero", "not-finite": "NaN or infinite"}


def outcome_oracle(word: str) -> Oracle:
    """The oracle for one outcome: none, zero or not-finite."""

    def oracle(question: Question, runs: Runs) -> Answer:
        ran = reached(question, runs)
        if not ran:
            return never_ran(question, runs)
        verdicts = [_of_run(word, question, run, first) for run, first in ran]
        seen = [verdict for verdict in verdicts if verdict is not None]
        if not seen:
            return _unanswered(question, ran)
        shown = sum(seen)
        about = question.about
        # A relu is zero at some points: only what is zero at all of them is called so.
        if word == "zero" and 0 < shown < len(seen):
            return unseen(f"{about} was zero {share(shown, len(seen))}: not everywhere")
        if shown:
            return confirmed(f"{about} was {_SPOKEN[word]} {share(shown, len(seen))}")
        others = sorted({each for run, first in ran for each in _words(question, run, first)})
        return refuted(f"{about} was {' or '.join(others)} {share(len(seen) - shown, len(seen))}")

    return oracle


def _of_run(word: str, question: Question, run: Observations, first: int) -> bool | None:
    """Whether the outcome was seen in one run; None where no gradient could be looked at."""
    if any(claim.kind == word and claim.at > first for claim in run.claims):
        return True
    words = _words(question, run, first)
    if word in words:
        # Zero for one of several sources may be as it should: all of them, or it is not called so.
        return word != "zero" or not words & {"finite", "not-finite"}
    if not words or (word == "zero" and words == {"not-finite"}):
        return None
    # Symbols have a gradient; its values are not known.
    return False if words - {"symbolic"} or word == "none" else None


def _words(question: Question, run: Observations, first: int) -> set[str]:
    found: set[str] = set()
    for call in asked(question, run, first):
        found.update(_relevant_words(question, call))
    return found


def _relevant_words(question: Question, call: GradientCall) -> list[str]:
    chosen = relevant(question.source, call.place, len(call.outcomes))
    return [call.outcomes[index] for index in chosen]


def _unanswered(question: Question, ran: list[tuple[Observations, int]]) -> Answer:
    for run, first in ran:
        for call in asked(question, run, first):
            if call.error:
                return unseen(f"{call.method}() itself raised {told(*_parted(call.error))}")
            if "symbolic" in call.outcomes:
                return unseen(
                    "the gradient's values stay inside a graph; --verify without a command may see them"
                )
        error = run.escaped()
        if error is not None:
            return unseen(
                f"ended before its gradient was asked for: {told(error.kind, error.message)}"
            )
    return unseen(f"line {question.flagged.first} ran, but nobody asked for its gradient")


def _parted(error: str) -> tuple[str, str]:
    kind, _, message = error.partition(": ")
    return kind, message
