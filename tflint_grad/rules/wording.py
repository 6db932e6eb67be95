"""Phrases that several rules share, so that all findings tell their story in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Confidence, Consequence, Severity

if TYPE_CHECKING:
    from tflint_grad.flow.events import Answer, GradientTaken
    from tflint_grad.rules.problem import Story

_BECOMES = {
    Consequence.GRADIENT_NONE: "will be None",
    Consequence.GRADIENT_ZERO: "will be zero",
    Consequence.GRADIENT_WRONG: "will be wrong: this part of it is missing",
}


def gradient_of(event: GradientTaken, answer: Answer) -> str:
    """`the gradient of 'loss' with respect to 'w'`."""
    if event.hook == "call":
        return f"the gradient of {event.target} with respect to '{answer.source}'"
    if event.hook in ("loss", "taught"):
        return f"the gradient of {event.target} with respect to '{answer.source}'"
    return f"the gradient of '{event.target}' with respect to '{answer.source}'"


def what_becomes(event: GradientTaken, answer: Answer, consequence: Consequence) -> str:
    """What the gradient call gives, in one clause."""
    if consequence is Consequence.RAISES:
        if event.hook == "taught":
            return f"the gradient of {event.target} raises"
        if event.hook:
            return "TensorFlow raises while it traces this"
        return f"{event.method}() of '{event.target}' raises"
    return f"{gradient_of(event, answer)} {_BECOMES[consequence]}"


def judged(event: GradientTaken, answer: Answer) -> tuple[Severity, Confidence]:
    """Proven where the way is known; likely where something opaque may carry the gradient too."""
    guessed = event.hook == "call" or (event.hook == "taught" and answer.state == "lost")
    meant = answer.state == "lost" and answer.cause is not None and answer.cause.explicit
    if answer.sure and answer.proven and not guessed and not meant:
        return Severity.ERROR, Confidence.PROVEN
    return Severity.WARNING, Confidence.LIKELY


def story_of(event: GradientTaken) -> tuple[Story, Story]:
    """Where the tape was opened, and where the gradient is asked for."""
    if event.hook == "taught":
        return (), (("asked for here", event.station),)
    if event.hook:
        return (), (("Keras asks for this gradient", event.station),)
    opened = (("tape opened here", event.tape.station),)
    return opened, (("asked for here", event.station),)
