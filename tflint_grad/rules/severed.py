"""TFG2: copies without history, stored state, and ways that were cut on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Consequence
from tflint_grad.flow.paths import Break
from tflint_grad.knowledge.remedies import remedy_for
from tflint_grad.rules.broken_path import BrokenPath, operand_of
from tflint_grad.rules.host_on_path import HostRule

if TYPE_CHECKING:
    from tflint_grad.flow.events import Answer, GradientTaken, HostUse
    from tflint_grad.flow.paths import Cause


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

    def say_traced(self, event: HostUse) -> str:
        what = "a symbolic tensor" if event.context.is_graph else "tensors in a list"
        return (
            f"{event.cause.operation} makes no constant of {what},{operand_of(event.cause)}:"
            f" TensorFlow raises{self.advice(event.cause)}"
        )

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} copies{operand_of(cause)} without its history"


class MeantElsewhere(BrokenPath):
    """What is often done on purpose is told only where no other way may carry the gradient."""

    def is_meant(self, event: GradientTaken, answer: Answer) -> bool:
        reaches = answer.sure or (answer.is_dead and not event.hook)
        return not (reaches and answer.proven)


class SeveredOnPurpose(MeantElsewhere):
    """The author stops the gradient on the only way to a source that is asked for.

    ## What it does
    Reports `tf.stop_gradient`, `with tape.stop_recording()`, `tape.reset()` and, in a graph,
    `back_prop=False` where they cut *every* way to a source of a gradient call. Straight-through
    estimators, targets in reinforcement learning, frozen parts whose gradient nobody asks for are
    no findings, since there another way stays live.

    ## Why it is bad
    The gradient is None; in a loop of a graph, and beside a live output of a `tf.function`, it is
    silently zero.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(generator(noise))
        loss = generator_loss(discriminator(fake))
    tape.gradient(loss, generator.trainable_variables)  # all None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = generator_loss(discriminator(generator(noise)))
    tape.gradient(loss, generator.trainable_variables)
    ```

    ## Evidence
    TensorFlow 2.21: None, zeros in `for … in tf.range(…)` of a graph; after `tape.reset()` what was
    recorded and watched before is forgotten; `back_prop=False` is ignored in eager code and gives
    None in a graph.
    """

    code = "TFG211"
    name = "severed-on-purpose"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.STOPPED
    remedy_kind = "stop_gradient"

    def is_meant(self, event: GradientTaken, answer: Answer) -> bool:
        return event.hook == "call" or super().is_meant(event, answer)

    def loses(self, cause: Cause) -> str:
        if cause.qualified == "tape.reset":
            return f"{cause.operation} makes the tape forget what it has recorded and watched"
        if cause.qualified == "tape.stop_recording":
            return f"under {cause.operation} the tape does not record"
        return f"{cause.operation} stops the gradient on the only way"


class KerasHostApiOnPath(MeantElsewhere):
    """A method of Keras that returns host values, or a metric object, makes the target.

    ## What it does
    Reports `predict`, `predict_on_batch`, `evaluate`, `train_on_batch`, `test_on_batch` and the value
    of a metric object on the only way to a source that is asked for. The predictions of a target
    network, and metrics beside the loss, are no findings.

    ## Why it is bad
    The methods run the model in a loop of their own and return arrays and numbers; a metric computes
    its value from state that it has stored. The gradient is None, or the gradient call raises where
    the host value itself is the target; `predict` and `evaluate` raise inside a `tf.function`.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model.predict(x))
    tape.gradient(loss, model.trainable_variables)  # all None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    tape.gradient(loss, model.trainable_variables)
    ```

    ## Evidence
    TensorFlow 2.21, Keras 3.15: None for every weight, for all 44 measured metric classes too; the
    raw result raises `AttributeError: 'numpy.ndarray' object has no attribute '_id'`. Keras 2
    (tf_keras 2.21, and keras 2.15 with TensorFlow 2.15): `predict` and `predict_on_batch` raise
    LookupError (IteratorGetNext) as soon as a tape is open, unless the model runs eagerly.
    """

    code = "TFG212"
    name = "keras-host-api-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.KERAS_HOST

    def is_meant(self, event: GradientTaken, answer: Answer) -> bool:
        # A model of unknown class is sure enough for a warning.
        return not answer.proven

    def loses(self, cause: Cause) -> str:
        if _is_metric(cause):
            return f"{cause.operation} is the value of a metric, which has no gradient"
        return f"{cause.operation} returns host values, which have no history"

    def say(
        self, event: GradientTaken, answer: Answer, cause: Cause, consequence: Consequence
    ) -> str:
        if cause.symbolic and cause.context == "eager":
            return (
                f"{self.loses(cause)}: with Keras 2 the call itself raises LookupError while a tape is"
                f" open{self.advice(cause)}"
            )
        return super().say(event, answer, cause, consequence)

    def advice(self, cause: Cause) -> str:
        found = remedy_for("metric" if _is_metric(cause) else "predict")
        return f"; {found.advice}" if found is not None else ""


def _is_metric(cause: Cause) -> bool:
    return cause.qualified in (".result", ".compute_metrics") or cause.qualified[:1] != "."


class StateOnPath(MeantElsewhere):
    """The value is assigned to a variable and comes back by reading the variable.

    ## What it does
    Reports `assign`, `assign_add`, `assign_sub` and their like where what they store is read again on
    the only way to a source that is asked for. Moving averages, counters and statistics that are kept
    beside the loss are no findings.

    ## Why it is bad
    A tape knows a variable by its identity: the gradient reaches the variable, not the value that was
    assigned to it, and is None for everything that this value was computed from.

    ## Example
    ```python
    with tf.GradientTape() as tape:
        state.assign(cell(x))
        loss = tf.reduce_sum(state * state)
    tape.gradient(loss, cell.trainable_variables)  # all None
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        new_state = cell(x)
        loss = tf.reduce_sum(new_state * new_state)
    state.assign(new_state)
    tape.gradient(loss, cell.trainable_variables)
    ```

    ## Evidence
    TensorFlow 2.21: `v.assign(x * 3); y = v * v` gives None for x and 12.0 for v; what `assign`
    returns is the variable, too (that of a `keras.Variable` returns the value, which flows).
    """

    code = "TFG213"
    name = "state-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.STATE
    remedy_kind = "assign"

    def loses(self, cause: Cause) -> str:
        return f"{cause.operation} stores the value without its history"


class DatasetOnPath(BrokenPath):
    """The value goes through a tf.data pipeline, which no tape looks into.

    ## What it does
    Reports a variable used inside `Dataset.map` (or `filter`, `reduce`, …), a tensor of the path that
    goes into `from_tensor_slices` or `from_tensors`, and one tape around `for … in dataset` inside a
    `tf.function`, where the loop becomes a `Dataset.reduce`.

    ## Why it is bad
    A dataset runs in graphs of its own: the gradient is None for all that its elements were computed
    from. Inside a `tf.function` the loop over a dataset is one of its operations, so that nothing
    that the loop computes has a gradient.

    ## Example
    ```python
    @tf.function
    def epoch(dataset):
        with tf.GradientTape() as tape:
            loss = 0.0
            for x, y in dataset:
                loss += loss_fn(y, model(x))
        return tape.gradient(loss, model.trainable_variables)  # all None
    ```

    ## Use instead
    ```python
    @tf.function
    def epoch(dataset):
        for x, y in dataset:
            with tf.GradientTape() as tape:
                loss = loss_fn(y, model(x))
            grads = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(grads, model.trainable_variables))
    ```

    ## Evidence
    TensorFlow 2.21: None in all three forms; the same loop in eager code, or over an iterator, flows.
    """

    code = "TFG214"
    name = "dataset-on-path"
    consequence = Consequence.GRADIENT_NONE
    kind = Break.DATASET
    remedy_kind = "dataset"

    def loses(self, cause: Cause) -> str:
        if cause.qualified == "for":
            return (
                f"in a graph the loop over '{cause.operand}' becomes a Dataset.reduce,"
                " into which no tape looks"
            )
        return f"{cause.operation} computes in a data pipeline, into which no tape looks"


RULES = (
    RewrappedValue,
    SeveredOnPurpose,
    KerasHostApiOnPath,
    StateOnPath,
    DatasetOnPath,
)
