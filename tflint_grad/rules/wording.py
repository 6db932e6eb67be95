"""Phrases that several rules share, so that all findings tell their story in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Consequence
from tflint_grad.rules.problem import LIKELY, PROVEN, Judgement, Story

if TYPE_CHECKING:
    from tflint_grad.flow.events import Answer, GradientTaken

_BECOMES = {
    Consequence.GRADIENT_NONE: "will be None",
    Consequence.GRADIENT_ZERO: "will be zero",
    Consequence.GRADIENT_WRONG: "will be wrong: this part of it is missing",
}


def gradient_of(event: GradientTaken, answer: Answer) -> str:
    """`the gradient of 'loss' with respect to 'w'`."""
    target = event.target if event.hook else f"'{event.target}'"
    part = "a part of " if answer.is_part and not _is_whole(event, answer) else ""
    return f"the gradient of {target} with respect to {part}'{answer.source}'"


def _is_whole(event: GradientTaken, answer: Answer) -> bool:
    """Whether all of several sources that are spelled as one meet the same fate."""
    fates = [(other.state, other.cause) for other in event.answers if other.source == answer.source]
    return len(fates) > 1 and all(fate == (answer.state, answer.cause) for fate in fates)


def what_becomes(event: GradientTaken, answer: Answer, consequence: Consequence) -> str:
    """What the gradient call gives, in one clause."""
    if consequence is Consequence.RAISES:
        return what_raises(event)
    return f"{gradient_of(event, answer)} {_BECOMES[consequence]}"


def without_a_way(event: GradientTaken) -> Consequence:
    """What a source gets to which no recorded way leads.

    TF 2.21: `batch_jacobian` hands out zeros where `gradient` and `jacobian` give None.
    """
    if event.method == "batch_jacobian":
        return Consequence.GRADIENT_ZERO
    return Consequence.GRADIENT_NONE


def what_raises(event: GradientTaken) -> str:
    """The call that fails, in one clause."""
    if event.hook == "taught":
        return f"the gradient of {event.target} raises"
    if event.hook:
        return "TensorFlow raises while it traces this"
    return f"{event.method}() of '{event.target}' raises"


def judged(event: GradientTaken, answer: Answer) -> Judgement:
    """Proven where the way is known; likely where something opaque may carry the gradient too."""
    meant = answer.state == "lost" and answer.cause is not None and answer.cause.explicit
    proven = answer.sure and answer.proven and event.hook != "call" and not meant
    return PROVEN if proven else LIKELY


def story_of(event: GradientTaken, made: Story = (), used: Story = ()) -> Story:
    """What happened, in its order: `made` before the tape was opened, `used` under it."""
    if event.hook == "taught":
        return (*made, *used, ("asked for here", event.station))
    if event.hook:
        return (*made, *used, ("Keras asks for this gradient", event.station))
    opened = ("tape opened here", event.tape.station)
    return (*made, opened, *used, ("asked for here", event.station))
