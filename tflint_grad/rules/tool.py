"""TFG0: the tool itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflint_grad.findings import Consequence
from tflint_grad.rules.base import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tflint_grad.flow.events import Event
    from tflint_grad.rules.problem import Problem


class UnreadableFile(Rule):
    """The file cannot be analysed.

    ## What it does
    Reports broken syntax, unknown or wrong encodings and null bytes as errors; files that are too
    big, nested too deeply or too long as warnings that do not fail the run; and an error of the
    linter's own as an error that ends the run with exit code 2.

    ## Why it is bad
    Nothing is said about the gradients in such a file.

    ## Example
    ```python
    loss = tf.square(weight * 2.0
    ```

    ## Use instead
    ```python
    loss = tf.square(weight * 2.0)
    ```

    ## Evidence
    libcst's native parser dies on some hostile nesting and is cubic in long chains (measured), so what
    is too deep is refused before it sees it. Python's own parser reads the code; libcst has to read what
    a finding stands in, for its place.
    """

    code = "TFG000"
    name = "unreadable-file"
    consequence = Consequence.UNREADABLE

    def check(self, event: Event) -> Iterator[Problem]:
        """Never called: the engine reports it."""
        return iter(())


RULES = (UnreadableFile,)
