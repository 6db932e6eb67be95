"""TFG2: an operation on the way from a source to the target lets no gradient through.

The rules themselves are in `host_on_path` (what leaves TensorFlow), `no_gradient` (operations that
have none) and `severed` (copies, stored state, and what its author cut).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import Event, GradientTaken
from tflint_grad.flow.paths import Break
from tflint_grad.knowledge.remedies import Remedy, remedy, remedy_for
from tflint_grad.rules.base import Rule
from tflint_grad.rules.problem import LIKELY, PROVEN
from tflint_grad.rules.wording import judged, story_of, what_becomes, what_raises, without_a_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Answer
    from tflint_grad.flow.paths import Cause
    from tflint_grad.rules.problem import Problem


def consequence_of(event: GradientTaken, answer: Answer, cause: Cause) -> Consequence:
    """What happens at run time, by the context in which the path breaks."""
    if cause.raises:
        return Consequence.RAISES
    if answer.state == "lost":
        return Consequence.GRADIENT_WRONG
    if cause.symbolic or cause.kind is Break.PRINT_VALUE:
        return Consequence.RAISES
    if event.target_is_host and event.target_is_none is cause:
        return Consequence.RAISES
    if event.zeros or cause.gives_zero:
        return Consequence.GRADIENT_ZERO
    return without_a_way(event)


class BrokenPath(Rule):
    """A step of one kind that cuts a path which a gradient call asks for."""

    kind: ClassVar[Break]
    remedy_kind: ClassVar[str] = ""
    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken,)

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, GradientTaken)
        for answer in event.answers:
            cause = answer.cause
            if cause is None or cause.kind is not self.kind or self.is_meant(event, answer):
                continue
            consequence = consequence_of(event, answer, cause)
            yield self.problem(
                cause.station,
                self.say(event, answer, cause, consequence),
                consequence,
                judged(event, answer),
                story_of(event),
            )
        told = {id(answer.cause) for answer in event.answers}
        for cause in event.failing:
            # Whatever is asked for: the backward pass comes this way.
            if cause.kind is self.kind and id(cause) not in told:
                yield self.problem(
                    cause.station,
                    f"{self.loses(cause)}: {what_raises(event)}{self.advice(cause)}",
                    Consequence.RAISES,
                    LIKELY if event.hook == "call" else PROVEN,
                    story_of(event),
                )

    def is_meant(self, event: GradientTaken, answer: Answer) -> bool:
        """Whether the author most likely wants it so."""
        return False

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        tail = self.advice(cause)
        if answer.state == "lost" and cause.explicit:
            tail += ", or tf.stop_gradient if a constant is meant"
        lost = self.loses(cause)
        if cause.symbolic and consequence is Consequence.RAISES:
            return f"{lost}: TensorFlow raises while it traces this{tail}"
        return f"{lost}: {what_becomes(event, answer, consequence)}{tail}"

    def loses(self, cause: Cause) -> str:
        """The step and what it does, in one clause."""
        raise NotImplementedError

    def advice(self, cause: Cause) -> str:
        """`; use …`, or nothing."""
        found: Remedy | None = remedy(cause.qualified) or remedy_for(self.remedy_kind)
        return f"; {found.advice}" if found is not None else ""


def operand_of(cause: Cause) -> str:
    """` 'x'`, or ` its argument` where that is long."""
    return f" '{cause.operand}'" if cause.operand and len(cause.operand) <= 30 else " its argument"
