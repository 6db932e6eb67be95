"""Steps that the tape did not record: TFG305, TFG306, TFG402; and sources it never knew: TFG4."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import Event, GradientTaken, VariableRebound
from tflint_grad.rules.base import Rule
from tflint_grad.rules.problem import LIKELY, PROVEN
from tflint_grad.rules.wording import judged, story_of, what_becomes, without_a_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Answer
    from tflint_grad.rules.problem import Problem


class AnswerRule(Rule):
    """A rule that looks at each answer of a gradient call."""

    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken,)

    def check(self, event: Event) -> Iterator[Problem]:
        if isinstance(event, GradientTaken) and not event.zeros and not event.hook:
            for answer in event.answers:
                for problem in self.check_answer(event, answer):
                    yield replace(problem, consequence=without_a_way(event))

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        raise NotImplementedError


def _outcome(event: GradientTaken, answer: Answer) -> str:
    return what_becomes(event, answer, without_a_way(event))


def _misses_a_step(answer: Answer) -> bool:
    """A step of the forward pass, known to lie on the way, that the tape did not record."""
    return (
        answer.state == "unrecorded"
        and answer.missed is not None
        and not answer.missed_is_gradient
        and answer.missed_before_watch is None
        and (answer.sure or answer.missed_surely)
    )


class ForwardOutsideTape(AnswerRule):
    """The target, or a step on its way, is computed while the tape does not record.

    ## What it does
    Reports a step of the forward pass outside the tape's `with` block, or inside it but after a plain
    tape's gradient call has ended the recording.

    ## Why it is bad
    What the tape has not recorded it cannot differentiate: the gradient is None.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        prediction = model(x)
    loss = loss_fn(y, prediction)  # one line too far left
    grads = tape.gradient(loss, model.trainable_variables)
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        prediction = model(x)
        loss = loss_fn(y, prediction)
    grads = tape.gradient(loss, model.trainable_variables)
    ```

    ## Evidence
    TensorFlow 2.21: None. A gradient call of a plain tape inside its own block ends the recording.
    """

    code = "TFG305"
    name = "forward-outside-tape"
    consequence = Consequence.GRADIENT_NONE

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.missed is None or not _misses_a_step(answer):
            return
        message = (
            f"this step is computed while the tape does not record: {_outcome(event, answer)}"
            "; move it into the tape's with block"
        )
        yield self.problem(
            answer.missed,
            message,
            judgement=judged(event, answer),
            story=story_of(event),
            anchor=event.opened or event.tape.station,
        )


class HigherOrderDetached(AnswerRule):
    """The inner gradient is taken where the outer tape does not record it.

    ## What it does
    Reports a gradient call whose result is differentiated again, but which ran outside the outer
    tape's block (or outside the persistent tape's own block).

    ## Why it is bad
    The outer tape has not recorded the inner backward pass: the second derivative is None.

    ## Example
    ```python
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
    dy = inner.gradient(y, x)  # outside of outer
    d2y = outer.gradient(dy, x)  # None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        dy = inner.gradient(y, x)
    d2y = outer.gradient(dy, x)
    ```

    ## Evidence
    TensorFlow 2.21: None for the first form, the second derivative for the second.
    """

    code = "TFG306"
    name = "higher-order-detached"
    consequence = Consequence.GRADIENT_NONE

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.state != "unrecorded" or not answer.missed_is_gradient or answer.missed is None:
            return
        if any(_misses_a_step(other) for other in event.answers):
            return  # `w1, b1 = w - rate * dw, b - rate * db` outside the tape: one defect, told there
        message = (
            f"this gradient is taken outside of the tape that differentiates it again:"
            f" {_outcome(event, answer)}; take it inside that tape's with block"
        )
        yield self.problem(
            answer.missed, message, judgement=judged(event, answer), story=story_of(event)
        )


class UnwatchedSource(AnswerRule):
    """A plain tensor is a source and the tape never watches it.

    ## What it does
    Reports a tensor (not a variable) that is made in sight, asked for as a source, and neither
    watched nor computed from something that is.

    ## Why it is bad
    A tape watches trainable variables by itself, tensors only when told: the gradient is None.

    ## Example
    ```python
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(x**2)
    tape.gradient(y, x)  # None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x**2)
    ```

    ## Evidence
    TensorFlow 2.21: None without `watch`, also where the tensor enters a recorded operation.
    """

    code = "TFG401"
    name = "unwatched-source"
    consequence = Consequence.GRADIENT_NONE

    def __init__(self) -> None:
        self.told: set[tuple[tuple[int, ...], int, str]] = set()

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.state != "unwatched" or answer.rebound is not None:
            return
        if answer.source_kind not in ("tensor", "tensor computed from others", "sibling"):
            return
        calls = tuple(frame for frame, _ in event.station.calls)
        asked = (calls, id(event.station.place.node), answer.source)
        if asked in self.told:
            return  # the next round of a loop that binds the name anew: one watch mends both
        self.told.add(asked)
        likely = answer.source_kind == "sibling"
        message = (
            f"the tape never watches the tensor '{answer.source}': {_outcome(event, answer)}"
            f"; call tape.watch({answer.source}) first in the with block"
        )
        yield self.problem(
            event.station if likely else answer.created or event.station,
            message,
            judgement=LIKELY if likely else PROVEN,
            story=story_of(event),
        )


class WatchedTooLate(AnswerRule):
    """A tensor is watched after the first operation on it, which the tape has not recorded.

    ## What it does
    Reports a `tape.watch(x)` that comes after `x` was used by an operation of its own. (Where `x`
    entered an operation that is recorded anyway, such as `x @ w`, a late watch is harmless.)

    ## Why it is bad
    The way from `x` to the target begins before the watch: the gradient is None.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = tf.reduce_sum(y)
    tape.gradient(z, x)  # None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    ```

    ## Evidence
    TensorFlow 2.21: None for `y = x * x; tape.watch(x)`, the right gradient for
    `y = tf.matmul(x, w); tape.watch(x)`.
    """

    code = "TFG402"
    name = "watched-too-late"
    consequence = Consequence.GRADIENT_NONE

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.state != "unrecorded" or answer.missed_before_watch is None or not answer.sure:
            return
        used = (("used here, unwatched", answer.missed),) if answer.missed is not None else ()
        message = (
            f"'{answer.source}' is watched only after it was used: {_outcome(event, answer)}"
            "; watch it first in the with block"
        )
        yield self.problem(answer.missed_before_watch, message, story=story_of(event, used=used))


class VariableOverwritten(AnswerRule):
    """A name that held a variable now holds a tensor computed from it.

    ## What it does
    Reports `w = w - rate * gradient` where `w` was a variable and is a source again (in the next
    round, or in the next call of the method), and `w -= …`, which raises.

    ## Why it is bad
    From then on the name stands for a plain tensor that no tape watches: the next gradient is None,
    and the variable itself was never updated.

    ## Example
    ```python
    for _ in range(10):
        with tf.GradientTape() as tape:
            loss = (w * x - y) ** 2
        w = w - 0.1 * tape.gradient(loss, w)  # None in the second round
    ```

    ## Use instead
    ```python
        w.assign_sub(0.1 * tape.gradient(loss, w))
    ```

    ## Evidence
    TensorFlow 2.21: None from the second round on; `w -= t` raises `RuntimeError: variable -= value
    with tf.Variables is not supported`.
    """

    code = "TFG403"
    name = "variable-overwritten"
    consequence = Consequence.GRADIENT_NONE
    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken, VariableRebound)

    def check(self, event: Event) -> Iterator[Problem]:
        if isinstance(event, VariableRebound):
            yield self._rebound(event)
            return
        yield from super().check(event)

    def _rebound(self, event: VariableRebound) -> Problem:
        if event.raises:
            name = "assign_add" if event.operator == "+" else "assign_sub"
            statement = f"{event.name} {event.operator}= …"
            message = f"'{statement}' on a tf.Variable raises; use {event.name}.{name}(…)"
            return self.problem(event.station, message, Consequence.RAISES)
        message = (
            f"'{event.name}' held a variable and now holds a tensor: the variable is not updated, and"
            f" the next gradient with respect to '{event.name}' will be None; use assign_sub"
        )
        return self.problem(event.station, message)

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.rebound is None or answer.state not in ("unwatched", "unrecorded", "absent"):
            return
        message = (
            f"'{answer.rebound_name}' held a variable and now holds a tensor that no tape watches:"
            f" {_outcome(event, answer)} from here on; update the variable"
            " with assign_sub(…)"
        )
        yield self.problem(answer.rebound, message, story=story_of(event))


class UnconnectedSource(AnswerRule):
    """The target does not depend on this source at all.

    ## What it does
    Reports a source made in sight (a variable, a layer, a watched tensor) that no step on the way to
    the target uses: another variable of the same name, another model's variables, a stale copy.
    Whatever is opaque on the way silences it.

    ## Why it is bad
    The gradient is None.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = discriminator_loss(discriminator(x))
    tape.gradient(loss, generator.trainable_variables)
    ```

    ## Use instead
    ```python
    tape.gradient(loss, discriminator.trainable_variables)
    ```

    ## Evidence
    TensorFlow 2.21: None; `unconnected_gradients="zero"` turns it into zeros and silences this rule.
    """

    code = "TFG406"
    name = "unconnected-source"
    consequence = Consequence.GRADIENT_NONE

    def check_answer(self, event: GradientTaken, answer: Answer) -> Iterator[Problem]:
        if answer.state != "absent" or answer.rebound is not None:
            return
        made = (("the source is made here", answer.created),) if answer.created is not None else ()
        message = (
            f"'{event.target}' does not depend on '{answer.source}': {_outcome(event, answer)}"
        )
        yield self.problem(event.station, message, story=story_of(event, made=made))


RULES = (
    ForwardOutsideTape,
    HigherOrderDetached,
    UnwatchedSource,
    WatchedTooLate,
    VariableOverwritten,
    UnconnectedSource,
)
