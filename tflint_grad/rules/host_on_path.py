"""TFG2: NumPy, host values and Python functions compute on the way to the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import Event, GradientTaken, HostUse
from tflint_grad.flow.paths import Break
from tflint_grad.rules.broken_path import BrokenPath, operand_of
from tflint_grad.rules.problem import LIKELY, PROVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Answer
    from tflint_grad.flow.paths import Cause
    from tflint_grad.rules.problem import Problem


class HostRule(BrokenPath):
    """Host calls also raise by themselves when they get a symbolic tensor."""

    listens: ClassVar[tuple[type[Event], ...]] = (GradientTaken, HostUse)

    def check(self, event: Event) -> Iterator[Problem]:
        if isinstance(event, HostUse):
            if event.cause.kind is self.kind:
                likely = event.context.likely
                yield self.problem(
                    event.station,
                    self.say_traced(event),
                    Consequence.RAISES,
                    LIKELY if likely else PROVEN,
                )
            return
        yield from super().check(event)

    def say_traced(self, event: HostUse) -> str:
        return (
            f"{self.loses(event.cause)}, but it is symbolic while the graph is traced:"
            f" TensorFlow raises{self.advice(event.cause)}"
        )


class NumpyOnPath(HostRule):
    """NumPy, SciPy, `math` or another host library computes on the way to the target.

    ## What it does
    Reports a call of a host library on a value that lies on the way from a source of a gradient to
    its target. Constants, shapes, labels, values computed before the tape opens, and
    `tf.experimental.numpy` (whose functions a tape records) are left alone. Beside a live part so is
    what only jumps (a mask, an index, a count: its slope is zero) and what reinforcement learning
    means to be a number (see TFG202).

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
    remedy_kind = "host-operation"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} takes{operand_of(cause)} out of TensorFlow"


class HostConversionOnPath(HostRule):
    """A tensor of the path becomes a Python number or an array, and its history is gone.

    ## What it does
    Reports `.numpy()`, `float()`, `int()`, `.item()`, `np.array(t)`, `tf.get_static_value` and
    storing a tensor into an ndarray, where the value goes on to a target that a gradient is asked of.
    Beside a live part these are left alone: what only jumps, as `(x.numpy() > 0)` does; a difference
    with data that weighs something live, while its own tensor stays live (an advantage); data plus an
    estimate, or a copy that was filled in, compared with a live estimate (a target);
    `x + (f(x.numpy()) - x.numpy())` (a straight-through estimator).

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
    remedy_kind = "host-conversion"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} turns{operand_of(cause)} into a host value"


class PythonFunctionOnPath(BrokenPath):
    """A Python function that TensorFlow calls back lies on the way, and no gradient comes through.

    ## What it does
    Reports `tf.numpy_function` on the way to a target, the step at which the body of `tf.py_function`
    leaves TensorFlow, and a variable that such a body closes over, where its gradient is asked for. A
    body that stays in TensorFlow and gets all that it needs as arguments is right, and so is a
    `tf.custom_gradient` around a function of NumPy.

    ## Why it is bad
    TensorFlow has no gradient for `tf.numpy_function`: it is None. `tf.py_function` differentiates its
    body by a tape of its own. What that tape has not recorded comes back as a single zero, which is
    wrong in its shape too, so that the gradient call raises where a step before it checks shapes; a
    variable that is not an argument gets None; with an integer among the inputs, or in a loop of a
    graph (`tf.while_loop`, `tf.map_fn`, a converted `for`), the gradient call raises whatever the body
    does. Beside a live part the gradient is *silently wrong*.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = tf.py_function(lambda a: np.sum(np.exp(a)), [w], tf.float32)
    tape.gradient(loss, w)  # 0.0
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.py_function(lambda a: tf.reduce_sum(tf.exp(a)), [w], tf.float32)
    tape.gradient(loss, w)
    ```

    ## Evidence
    TensorFlow 2.21: `numpy_function` None; `py_function` with a body in NumPy a scalar 0.0, behind a
    matrix product `InvalidArgumentError`; a variable closed over None; `w*w` beside `exp` in NumPy 4.0
    at 2 where 11.39 is right; in `tf.map_fn` in a `tf.function` UnknownError (KeyError).
    """

    code = "TFG208"
    name = "python-function-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.PYTHON_FUNCTION
    remedy_kind = "py_function"

    def loses(self, cause: Cause) -> str:
        if cause.qualified == "tensorflow.numpy_function":
            return f"{cause.operation} has no gradient for what it computes"
        if cause.qualified == "tensorflow.py_function closed over":
            return f"{cause.operation} gives no gradient to '{cause.operand}', which is no argument"
        if cause.qualified == "tensorflow.py_function integer":
            return f"{cause.operation} cannot be differentiated with an input that is no float"
        if cause.qualified == "tensorflow.py_function in a loop":
            return f"{cause.operation} cannot be differentiated in a loop of a graph"
        return f"{cause.operation} leaves TensorFlow in the body of a tf.py_function"

    def advice(self, cause: Cause) -> str:
        if cause.qualified == "tensorflow.py_function in a loop":
            return "; call it once for all rounds, or write its body in TensorFlow"
        return super().advice(cause)

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        said = super().say(event, answer, cause, consequence)
        if cause.becomes_zero and consequence is not Consequence.RAISES:
            # TF 2.21: a scalar 0.0 comes back whatever the shape of the argument.
            said += (
                " (a zero of the wrong shape comes back: the call raises where shapes are checked)"
            )
        return said


RULES = (NumpyOnPath, HostConversionOnPath, PythonFunctionOnPath)
