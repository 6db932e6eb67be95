"""`python -m tflint_grad`."""

import sys

from tflint_grad.cli import main

if __name__ == "__main__":
    sys.exit(main())
