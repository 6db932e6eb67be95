"""TFG2: operations without a gradient, with a zero one, or with one that raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import Event, GradientTaken, GraphFails
from tflint_grad.flow.paths import Break
from tflint_grad.rules.broken_path import BrokenPath, operand_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Answer
    from tflint_grad.flow.paths import Cause
    from tflint_grad.rules.problem import Problem


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
    remedy_kind = "no-gradient"

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
    remedy_kind = "integer-cast"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} makes{operand_of(cause)} integers, which carry no gradient"


class ZeroGradientOp(BrokenPath):
    """An operation whose gradient is zero everywhere lies on the only way to the target.

    ## What it does
    Reports `tf.sign` and every other operation whose measured gradient is zero at all values, where
    it cuts every way to a source that is asked for. `x * tf.sign(x)`, where another factor carries
    the gradient, is no finding.

    ## Why it is bad
    The gradient is not None but a plausible zero: nothing is raised, nothing is warned of, and the
    parameter never moves.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.sign(model(x)) - y) ** 2)
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((tf.tanh(model(x)) - y) ** 2)
    ```

    ## Evidence
    TensorFlow 2.21: `tf.sign` and `keras.ops.sign` give zeros, eagerly, in a graph and in a Jacobian;
    under `fit` no weight moves.
    """

    code = "TFG206"
    name = "zero-gradient-op"
    consequence = Consequence.GRADIENT_ZERO
    kind = Break.ZERO_GRADIENT
    remedy_kind = "zero-gradient"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} has a gradient of zero everywhere"


class UnregisteredGradient(BrokenPath):
    """The backward pass meets an operation for which TensorFlow has no gradient function.

    ## What it does
    Reports operations such as `tf.unique`, `tf.image.adjust_contrast` or `tf.linalg.lu` where the
    backward pass of a gradient call goes through them; and where a `tf.function` is called under a
    tape and such an operation feeds one of its float results.

    ## Why it is bad
    The gradient call raises LookupError, whichever source it asks for. A `tf.function` under an outer
    tape builds its gradient when it is called: there the *forward* call raises, even if nobody
    differentiates that result.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        values, _ = tf.unique(w)
        loss = tf.reduce_sum(values)
    tape.gradient(loss, w)  # LookupError
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        _, where = tf.unique(tf.stop_gradient(w))
        loss = tf.reduce_sum(tf.math.unsorted_segment_mean(w, where, 3))
    ```

    ## Evidence
    TensorFlow 2.21: `LookupError: gradient registry has no entry for: Unique`, StagingError where the
    tape is in a `tf.function`; with the tape outside, calling the function raises `LookupError: No
    gradient defined for operation`.
    """

    code = "TFG207"
    name = "unregistered-gradient"
    consequence = Consequence.RAISES
    kind = Break.UNREGISTERED
    remedy_kind = "unregistered"
    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken, GraphFails)

    def check(self, event: Event) -> Iterator[Problem]:
        if isinstance(event, GraphFails):
            yield self.problem(
                event.cause.station,
                f"{self.loses(event.cause)}: calling '{event.function}', a tf.function, under a tape"
                f" raises in the forward call{self.advice(event.cause)}",
                story=(
                    ("tape opened here", event.tape.station),
                    ("the tf.function is called here", event.station),
                ),
            )
            return
        yield from super().check(event)

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} has no gradient registered"


class PrintAsValue(BrokenPath):
    """The value of `tf.print` or of an assertion, which is None, is used as a tensor.

    ## What it does
    Reports `y = tf.print(y)` and `y = tf.debugging.assert_positive(y)` on the way to a target.
    `check_numerics` and `assert_all_finite`, which hand their argument on, are right.

    ## Why it is bad
    The functions return None in eager code and an operation in a graph: what follows raises.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.print("loss", tf.reduce_sum(w * w))
    tape.gradient(loss, w)  # TypeError
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * w)
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
    remedy_kind = "print-value"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} returns no tensor"

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        return (
            f"{self.loses(cause)}: what is computed from it for '{event.target}' raises"
            f"{self.advice(cause)}"
        )


RULES = (
    NondifferentiableOp,
    IntegerCastOnPath,
    ZeroGradientOp,
    UnregisteredGradient,
    PrintAsValue,
)
