"""`python -m tflint_grad`, and the script `tflint-grad`: the command in a process of its own."""

from __future__ import annotations

import gc
import sys

from tflint_grad.cli import main


def command() -> int:
    """Run the command, and leave what was read to the system, which frees it all at once."""
    code = main()
    gc.freeze()  # else Python's last collection takes a million objects apart
    return code


if __name__ == "__main__":
    sys.exit(command())
