"""TFG9: what is seen while a program runs, and what no other rule had said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Consequence
from tflint_grad.rules.base import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Event
    from tflint_grad.rules.problem import Problem


class Observed(Rule):
    """A gradient was seen to be None, zero or NaN while the program ran (`--verify` only).

    ## What it does
    Under `--verify -- COMMAND`, reports each line at which `gradient()`, `jacobian()` or
    `batch_jacobian()` returned None, zeros, or values that are NaN or infinite, with the sources and
    how often, where no other finding speaks of that gradient. Zeros are reported where the source got
    nothing else in all calls of the run, as advice where these were fewer than three: weights that
    begin at zero have such first steps. None is advice where the function itself looks for it
    (`if g is not None`). Zeros that the call asks for by `unconnected_gradients` are not reported; and
    where losses are scaled for half precision, infinite values only if there were no others.

    ## Why it is bad
    The variable does not learn, or is spoilt for good by the first NaN. The linter says nothing that
    it cannot show from the code; what it missed is shown by the run.

    ## Example
    ```python
    scale = registry["scale"]()                    # a variable that the loss does not depend on
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(x))
    gradient = tape.gradient(loss, scale)          # returned None in 200 of 200 calls
    ```

    ## Use instead
    ```python
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(x) * scale)
    gradient = tape.gradient(loss, scale)
    ```

    ## Evidence
    The finding is the evidence: its call ran, with this result, on the device and the version of
    TensorFlow that the verdict names.
    """

    code = "TFG900"
    name = "observed"
    consequence = Consequence.GRADIENT_NONE
    from_runs = True

    def check(self, event: Event) -> Iterator[Problem]:
        """Never called: no event of the analysis shows it."""
        return iter(())


RULES = (Observed,)
