"""TFG2: an operation on the way from a source to the target lets no gradient through."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Confidence, Consequence, Severity
from tflint_grad.flow.events import Event, GradientTaken, HostUse
from tflint_grad.flow.paths import Break
from tflint_grad.knowledge.remedies import Remedy, remedy, remedy_for
from tflint_grad.rules.base import Rule
from tflint_grad.rules.problem import Problem
from tflint_grad.rules.wording import judged, story_of, what_becomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Answer
    from tflint_grad.flow.paths import Cause


def consequence_of(event: GradientTaken, answer: Answer, cause: Cause) -> Consequence:
    """What happens at run time, by the context in which the path breaks."""
    if answer.state == "lost":
        return Consequence.GRADIENT_WRONG
    if cause.kind is Break.PRINT_VALUE:
        return Consequence.RAISES
    if event.target_is_host and event.target_is_none is cause:
        return Consequence.RAISES
    if cause.symbolic and cause.kind in (Break.HOST_CALL, Break.HOST_CONVERSION):
        return Consequence.RAISES
    if event.zeros:
        return Consequence.GRADIENT_ZERO
    if event.method == "batch_jacobian" or cause.in_graph_control:
        return Consequence.GRADIENT_ZERO
    return Consequence.GRADIENT_NONE


class BrokenPath(Rule):
    """A step of one kind that cuts a path which a gradient call asks for."""

    kind: ClassVar[Break]
    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken,)

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, GradientTaken)
        for answer in event.answers:
            cause = answer.cause
            if cause is None or cause.kind is not self.kind:
                continue
            consequence = consequence_of(event, answer, cause)
            severity, confidence = judged(event, answer)
            opened, asked = story_of(event)
            yield Problem(
                cause.station,
                self.say(event, answer, cause, consequence),
                consequence,
                severity,
                confidence,
                (*opened, *asked),
            )

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        advice = _remedy(cause)
        tail = f"; {advice.advice}" if advice is not None else ""
        if answer.state == "lost" and cause.explicit:
            tail += ", or tf.stop_gradient if a constant is meant"
        lost = self.loses(cause)
        return f"{lost}: {what_becomes(event, answer, consequence)}{tail}"

    def loses(self, cause: Cause) -> str:
        """The step and what it does, in one clause."""
        raise NotImplementedError


_REMEDY_KINDS = {
    Break.HOST_CALL: "host-operation",
    Break.HOST_CONVERSION: "host-conversion",
    Break.INTEGER_CAST: "integer-cast",
}


def _remedy(cause: Cause) -> Remedy | None:
    return remedy(cause.qualified) or remedy_for(_REMEDY_KINDS.get(cause.kind, ""))


def _operand(cause: Cause) -> str:
    return f" '{cause.operand}'" if cause.operand and len(cause.operand) <= 30 else " its argument"


class HostRule(BrokenPath):
    """Host calls also raise by themselves when they get a symbolic tensor."""

    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken, HostUse)

    def check(self, event: Event) -> Iterator[Problem]:
        if isinstance(event, HostUse):
            if event.cause.kind is self.kind:
                likely = event.context.likely
                yield Problem(
                    event.station,
                    self.say_traced(event),
                    Consequence.RAISES,
                    Severity.WARNING if likely else Severity.ERROR,
                    Confidence.LIKELY if likely else Confidence.PROVEN,
                )
            return
        yield from super().check(event)

    def say_traced(self, event: HostUse) -> str:
        advice = _remedy(event.cause)
        tail = f"; {advice.advice}" if advice is not None else ""
        lost = self.loses(event.cause)
        return f"{lost}, which is symbolic while the graph is traced: TensorFlow raises{tail}"


class NumpyOnPath(HostRule):
    """NumPy, SciPy, `math` or another host library computes on the way to the target.

    ## What it does
    Reports a call of a host library on a value that lies on the way from a source of a gradient to
    its target. Constants, shapes, labels, values computed before the tape opens, and
    `tf.experimental.numpy` (whose functions a tape records) are left alone.

    ## Why it is bad
    A tape records TensorFlow's operations only. The result of a host function is a new array without
    history: the gradient is None once it is wrapped again, *silently wrong* where another part of the
    target stays live, and the call raises when the bare array is the target or when it happens
    inside a `tf.function`.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(np.exp(w * 2.0))
    tape.gradient(loss, w)  # None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.exp(w * 2.0))
    ```

    ## Evidence
    TensorFlow 2.21: `v*v + np.exp(v)` gives 2.0 where 4.718 is right; the rewrapped form gives None;
    in a graph `NotImplementedError: Cannot convert a symbolic tf.Tensor`.
    """

    code = "TFG201"
    name = "numpy-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.HOST_CALL

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} takes{_operand(cause)} out of TensorFlow"


class HostConversionOnPath(HostRule):
    """A tensor of the path becomes a Python number or an array, and its history is gone.

    ## What it does
    Reports `.numpy()`, `float()`, `int()`, `.item()`, `np.array(t)`, `tf.get_static_value` and
    storing a tensor into an ndarray, where the value goes on to a target that a gradient is asked of.

    ## Why it is bad
    The number has no history. The gradient is None, or silently wrong beside a live part. Eager code
    and AutoGraph disagree on `float(x)`: eager code detaches, AutoGraph turns it into a cast.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        scale = float(tf.reduce_mean(x))
        loss = scale * x  # gradient with respect to x misses the part through scale
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        scale = tf.reduce_mean(x)
        loss = scale * x
    ```

    ## Evidence
    TensorFlow 2.21: `float(x) * x` at 0.7 has gradient 0.7 in eager code and 1.4 under AutoGraph.
    """

    code = "TFG202"
    name = "host-conversion-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.HOST_CONVERSION

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} turns{_operand(cause)} into a host value"


class RewrappedValue(HostRule):
    """A variable or tensor of the path is wrapped into a new constant or variable.

    ## What it does
    Reports `tf.constant(variable)`, `tf.Variable(tensor)` and their like on the way to a target.

    ## Why it is bad
    The new object is a copy without history: the gradient is None. In a graph `tf.constant(tensor)`
    raises. (`tf.constant` of an eager *tensor* passes it through and is right.)

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.constant(w) * 3.0  # w is a variable
    tape.gradient(loss, w)  # None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.convert_to_tensor(w) * 3.0
    ```

    ## Evidence
    TensorFlow 2.21: None in eager code; in a graph `TypeError: Expected any non-tensor type`.
    """

    code = "TFG203"
    name = "rewrapped-value"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.REWRAP

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} copies{_operand(cause)} without its history"


class NondifferentiableOp(BrokenPath):
    """An operation without a gradient lies on the only way from the source to the target.

    ## What it does
    Reports rounding, `argmax` and other indices, comparisons and thresholds, hashing,
    `random.shuffle` and every other operation whose measured gradient is None, where they cut every
    way to a source that is asked for. An `argmax` that only feeds an accuracy is no finding.

    ## Why it is bad
    The gradient is None, and inside graph control flow or `batch_jacobian` it is silently zero.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.round(model(x)) - y)
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        p = model(x)
        hard = p + tf.stop_gradient(tf.round(p) - p)  # straight-through estimator
        loss = tf.reduce_mean(hard - y)
    ```

    ## Evidence
    The table of operations is measured from TensorFlow itself; `tf.round`, `tf.floor`, `//` and
    comparisons give None in TensorFlow 2.21, zeros under `tf.cond`.
    """

    code = "TFG204"
    name = "nondifferentiable-op"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.NO_GRADIENT

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} has no gradient"


class IntegerCastOnPath(BrokenPath):
    """A value of the path is cast to integers or Booleans; casting back does not bring it back.

    ## What it does
    Reports casts to an integer, Boolean or string type on the way to a target.

    ## Why it is bad
    Integers carry no gradient: it is None, without any warning.

    ## Example
    ```python
    pixels = tf.cast(tf.cast(image * 255.0, tf.uint8), tf.float32) / 255.0
    ```

    ## Use instead
    ```python
    scaled = image * 255.0
    pixels = (scaled + tf.stop_gradient(tf.round(scaled) - scaled)) / 255.0
    ```

    ## Evidence
    TensorFlow 2.21: `tf.cast(tf.cast(x, tf.int32), tf.float32)` gives None; casts between float
    types flow.
    """

    code = "TFG205"
    name = "integer-cast-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.INTEGER_CAST

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} makes{_operand(cause)} integers, which carry no gradient"


class PrintAsValue(BrokenPath):
    """The value of `tf.print` or of an assertion, which is None, is used as a tensor.

    ## What it does
    Reports `y = tf.print(y)` and `y = tf.debugging.assert_positive(y)` on the way to a target.
    `check_numerics` and `assert_all_finite`, which hand their argument on, are right.

    ## Why it is bad
    The functions return None in eager code and an operation in a graph: what follows raises.

    ## Example
    ```python
    loss = tf.print("loss", loss)
    tape.gradient(loss, w)  # TypeError
    ```

    ## Use instead
    ```python
    tf.print("loss", loss)
    tape.gradient(loss, w)
    ```

    ## Evidence
    TensorFlow 2.21: `TypeError: Argument target should be a list or nested structure of Tensors …
    but received None`.
    """

    code = "TFG209"
    name = "print-as-value"
    consequence = Consequence.RAISES
    kind = Break.PRINT_VALUE

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} returns no tensor"

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        return (
            f"{self.loses(cause)}: what is computed from it for '{event.target}' raises;"
            " call it as a statement and keep the tensor"
        )


RULES = (
    NumpyOnPath,
    HostConversionOnPath,
    RewrappedValue,
    NondifferentiableOp,
    IntegerCastOnPath,
    PrintAsValue,
)
