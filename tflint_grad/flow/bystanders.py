"""What happens to tensors beside the path: reported only if a gradient call asks for the path."""

from __future__ import annotations

from tflint_grad.flow.paths import Paths, Station
from tflint_grad.flow.record import record
from tflint_grad.flow.state import Context


@record
class Bystander:
    """A branch, a loop or a print that looks at a value with these dependencies."""

    what: str
    subject: str
    paths: Paths
    station: Station
    context: Context
    in_loop: bool
