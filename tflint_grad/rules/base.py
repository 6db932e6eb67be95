"""What a rule is: a class whose docstring is its documentation page, and a question to the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.rules.problem import PROVEN, Judgement, Problem, Story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Event
    from tflint_grad.flow.paths import Station


class Rule:
    """A pitfall: its code, its name, its consequence and how events show it.

    The docstring of each rule is its page: the first line is the summary, then the headings
    `What it does`, `Why it is bad`, `Example`, `Use instead`, `Evidence` (markdown, `## `).
    """

    code: ClassVar[str]
    name: ClassVar[str]
    consequence: ClassVar[Consequence]
    since: ClassVar[str] = "0.1.0"
    listens: ClassVar[tuple[type[Event], ...]] = ()
    #: Shown by running the program alone; no analysis finds it.
    from_runs: ClassVar[bool] = False

    def check(self, event: Event) -> Iterator[Problem]:
        """The problems that one event shows; called in the order of execution."""
        raise NotImplementedError

    def problem(
        self,
        station: Station,
        message: str,
        consequence: Consequence | None = None,
        judgement: Judgement = PROVEN,
        story: Story = (),
        anchor: Station | None = None,
    ) -> Problem:
        """What to say of a place, with the rule's own consequence unless the context has another."""
        severity, confidence = judgement
        told = consequence if consequence is not None else self.consequence
        return Problem(station, message, told, severity, confidence, story, anchor)
