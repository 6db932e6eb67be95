"""Python control flow and prints on tensors: TFG1 and TFG210."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tflint_grad.findings import Consequence
from tflint_grad.flow.events import ControlOnTensor, Event, OnPath
from tflint_grad.rules.base import Rule
from tflint_grad.rules.problem import ADVICE, LIKELY, PROVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.rules.problem import Problem


class OnPathRule(Rule):
    """Something that happens beside a path which a gradient call asks for; never more than advice."""

    listens: ClassVar[tuple[type[Event], ...]] = (OnPath,)
    what: ClassVar[str]
    modes: ClassVar[tuple[str, ...]]

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, OnPath)
        if event.what not in self.what.split() or event.context.mode not in self.modes:
            return
        story = (("tape opened here", event.tape.station), ("asked for here", event.asked))
        yield self.problem(
            event.station, self.say(event), self.consequence_in(event), ADVICE, story
        )

    def consequence_in(self, event: OnPath) -> Consequence:
        return Consequence.SLOW if event.in_loop else Consequence.ADVICE

    def say(self, event: OnPath) -> str:
        raise NotImplementedError


class IfOnTensor(OnPathRule):
    """A Python branch is decided by a tensor of a differentiated path, in eager code.

    ## What it does
    Reports `if`, `elif`, conditional expressions, `and`, `or` and `not` on a tensor that depends on
    a source whose gradient is asked for. Advice only.

    ## Why it is bad
    The gradient is right for the branch taken. But the switch itself has no gradient, each step waits
    for the device, and the same code raises where AutoGraph does not convert it.

    ## Example
    ```python
    if error < 1.0:
        loss = 0.5 * error**2
    else:
        loss = error - 0.5
    ```

    ## Use instead
    ```python
    loss = tf.where(error < 1.0, 0.5 * error**2, error - 0.5)
    ```

    ## Evidence
    TensorFlow 2.21: an eager tape differentiates the branch that ran; under `autograph=False` the
    same `if` raises OperatorNotAllowedInGraphError.
    """

    code = "TFG101"
    name = "if-on-tensor"
    consequence = Consequence.ADVICE
    what = "if"
    modes = ("eager",)

    def say(self, event: OnPath) -> str:
        return (
            f"Python decides by '{event.subject}', which depends on '{event.source}': the gradient is"
            " that of the branch taken, the switch itself has none; tf.where or tf.cond keeps it in"
            " TensorFlow"
        )


class WhileOnTensor(OnPathRule):
    """The number of rounds of a Python loop is decided by a tensor of a differentiated path.

    ## What it does
    Reports `while`, `for … in range(int(tensor))` and `break` decided by such a tensor, in eager
    code. Advice only.

    ## Why it is bad
    The gradient is right for the rounds that ran; the number of rounds has no gradient, and each
    round waits for the device.

    ## Example
    ```python
    while tf.abs(guess * guess - a) > 1e-4:
        guess = 0.5 * (guess + a / guess)
    ```

    ## Use instead
    ```python
    for _ in range(8):
        guess = 0.5 * (guess + a / guess)
    ```

    ## Evidence
    TensorFlow 2.21: an eager tape differentiates the rounds that ran.
    """

    code = "TFG102"
    name = "while-on-tensor"
    consequence = Consequence.ADVICE
    what = "while break rounds"
    modes = ("eager",)

    def say(self, event: OnPath) -> str:
        return (
            f"the number of rounds is decided by '{event.subject}', which depends on"
            f" '{event.source}': the gradient is that of the rounds that ran, their number has none"
        )


class AutographControlFlow(OnPathRule):
    """A branch or loop on a tensor that AutoGraph converts: right here, not everywhere.

    ## What it does
    Reports Python control flow on a tensor of a differentiated path in a function that AutoGraph
    converts. Advice only.

    ## Why it is bad
    It is right in this function. The same lines raise inside a Keras layer under `fit` and with
    `autograph=False`.

    ## Example
    ```python
    @tf.function
    def step(x):
        if loss > 1.0:
            loss = tf.sqrt(loss)
    ```

    ## Use instead
    ```python
    loss = tf.where(loss > 1.0, tf.sqrt(loss), loss)
    ```

    ## Evidence
    TensorFlow 2.21 and Keras 3.15: `if tensor:` in `Layer.call` under `fit` raises
    OperatorNotAllowedInGraphError.
    """

    code = "TFG109"
    name = "autograph-control-flow"
    consequence = Consequence.ADVICE
    what = "if while break rounds"
    modes = ("autograph",)

    def consequence_in(self, event: OnPath) -> Consequence:
        return Consequence.ADVICE

    def say(self, event: OnPath) -> str:
        return (
            f"AutoGraph converts this control flow on '{event.subject}'; the same code raises in a"
            " Keras layer under fit and with autograph=False"
        )


class PrintOnPath(OnPathRule):
    """A `tf.print` of a tensor of a differentiated path.

    ## What it does
    Reports `tf.print(tensor)` as a statement. Advice, unless the function is compiled with XLA,
    where it is an error.

    ## Why it is bad
    The gradient is unchanged, contrary to what is often said. The print makes the host wait for the
    device, and under `jit_compile=True` it raises.

    ## Example
    ```python
    @tf.function(jit_compile=True)
    def loss_of(x):
        tf.print("x", x)  # raises
    ```

    ## Use instead
    ```python
    if step % 100 == 0:
        tf.print("loss", loss)  # after the step, not in it
    ```

    ## Evidence
    TensorFlow 2.21: gradients with and without the print are equal; under XLA
    `InvalidArgumentError: Detected unsupported operations`.
    """

    code = "TFG210"
    name = "print-on-path"
    consequence = Consequence.ADVICE
    what = "print"
    modes = ("eager", "autograph", "graph")

    def check(self, event: Event) -> Iterator[Problem]:
        for problem in super().check(event):
            assert isinstance(event, OnPath)
            if event.context.xla:
                yield self.problem(
                    problem.station,
                    f"tf.print of '{event.subject}' cannot be compiled: under jit_compile=True it raises",
                    Consequence.RAISES,
                    story=problem.story,
                )
            else:
                yield problem

    def consequence_in(self, event: OnPath) -> Consequence:
        return Consequence.ADVICE

    def say(self, event: OnPath) -> str:
        return (
            f"tf.print of '{event.subject}' leaves the gradient as it is, but the device waits for it"
            " in every step, and it raises under jit_compile=True"
        )


class UnconvertedControlFlow(Rule):
    """Python control flow on a symbolic tensor where AutoGraph does not convert it.

    ## What it does
    Reports `if`, `while`, `for`, `and`, `or`, `not` on a tensor in code that runs as a graph without
    AutoGraph: `autograph=False`, `do_not_convert`, Keras 3's `call`, `train_step` and compiled
    losses, functions with a walrus or a nested generator; and everywhere in a graph comprehensions,
    `any`, `all`, `sum`, `zip`, `enumerate`, `map`, `min`, `max`, `in`, `assert`, `bool()`, `match`
    and unpacking.

    ## Why it is bad
    TensorFlow raises OperatorNotAllowedInGraphError while it traces the function. `is True` on a
    tensor is decided while tracing and is always false: the other branch is traced silently.

    ## Example
    ```python
    class Gate(keras.layers.Layer):
        def call(self, x):
            if tf.reduce_mean(x) > 0:  # raises under fit
                return x
            return -x
    ```

    ## Use instead
    ```python
    class Gate(keras.layers.Layer):
        def call(self, x):
            return tf.where(tf.reduce_mean(x) > 0, x, -x)
    ```

    ## Evidence
    TensorFlow 2.21, Keras 3.15: Keras wraps its step functions in `do_not_convert`; the error names
    the line. `run_eagerly=True` or a `@tf.function` on `call` itself makes it work.
    """

    code = "TFG103"
    name = "unconverted-control-flow"
    consequence = Consequence.RAISES
    listens: ClassVar[tuple[type[Event], ...]] = (ControlOnTensor,)

    def check(self, event: Event) -> Iterator[Problem]:
        assert isinstance(event, ControlOnTensor)
        if event.construct == "is True":
            message = (
                f"'{event.subject} is True' is decided while the graph is traced and is always false;"
                " use the tensor itself in tf.where or tf.cond"
            )
            yield self.problem(event.station, message, Consequence.GRADIENT_WRONG)
            return
        why = f" ({event.context.why})" if event.context.why else ""
        message = (
            f"Python {event.construct} on the symbolic tensor '{event.subject}' is not converted to a"
            f" graph here{why}: TensorFlow raises while tracing; use tf.where, tf.cond or"
            " TensorFlow's own reduction"
        )
        likely = event.likely or event.context.likely
        yield self.problem(event.station, message, judgement=LIKELY if likely else PROVEN)


RULES = (IfOnTensor, WhileOnTensor, UnconvertedControlFlow, AutographControlFlow, PrintOnPath)
