"""What enters the user's own program when it runs under `--verify -- COMMAND`.

`startup/` is put on `PYTHONPATH` and waits for TensorFlow's import; `resident` is the probe that then
moves in, `lines` tells which flagged rows run, and `journal` leaves what was seen for the linter.

A program that never imports TensorFlow gets one finder on `sys.meta_path`, and nothing else.
"""

from __future__ import annotations

import os

#: What is put on `PYTHONPATH`.
STARTUP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "startup")
#: The variable that names the folder of this run: what to watch, and where to leave what was seen.
TASK = "TFLINT_GRAD_TASK"
