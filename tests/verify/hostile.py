"""Programs that fight back. Each holds one pitfall: in `step`, a rounded loss (TFG204)."""

from __future__ import annotations

_STEP = """\
import tensorflow as tf

w = tf.Variable([1.0, 2.0])


def step():
    {before}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.round(w))
    return tape.gradient(loss, w)
"""


def in_step(code: str) -> str:
    """`code` runs in the function, before its tape opens."""
    return _STEP.format(before=code.replace("\n", "\n    "))


def at_import(code: str, before: str = "") -> str:
    """`code` runs when the module is loaded, after all definitions (`before`: ahead of them)."""
    return before + in_step("pass") + "\n\n" + code


PROGRAMS = {
    "loops_for_ever": in_step("while True:\n    pass"),
    "loops_at_import": at_import("while True:\n    pass\n"),
    "heeds_no_signal": in_step(
        "import time\nwhile True:\n    try:\n        time.sleep(60)\n"
        "    except BaseException:\n        pass"
    ),
    # AutoGraph's files, which a program that ends in order removes, are not left either.
    "exits_at_once": in_step("import os\ntf.function(lambda x: 2 * x)(w)\nos._exit(7)"),
    "exits_at_once_at_import": at_import("import os\n\nos._exit(0)\n"),
    "exits_at_import": at_import("import sys\n\nsys.exit('usage: train DATA')\n"),
    "crashes": in_step("import ctypes\nctypes.string_at(0)"),
    "wants_memory": in_step("import numpy as np\nheld = np.ones(50 * 2**30, np.uint8)"),
    "wants_shared_memory": in_step(
        "import mmap\nheld = mmap.mmap(-1, 8 * 2**30)\nwhile True:\n    held.write(b'x' * 2**24)"
    ),
    "forks": in_step(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        time.sleep(1)"
    ),
    "forks_and_returns": in_step("import os\nos.fork()"),
    "floods": in_step(
        "import os, sys\nfor _ in range(400):\n    os.write(1, b'x' * 2**20)\n"
        "    sys.stderr.write('y' * 2**16)"
    ),
    "writes_everywhere": in_step(
        "import os\nfor number in range(3, 64):\n    try:\n        os.write(number, b'hello\\n')\n"
        "    except OSError:\n        pass"
    ),
    "reads_stdin": in_step("name = input('name? ')"),
    "writes_files": in_step(
        "import os, tempfile\nopen('out.txt', 'w').write('x')\nos.makedirs('deep/er')\n"
        "os.chmod('deep', 0)\ntempfile.mkdtemp()"
    ),
    "patches_tensorflow": at_import(
        "tf.reduce_sum = lambda *_, **__: tf.constant(0.0)\n"
        "tf.Variable.__init__ = lambda self, *_, **__: None\n"
    ),
    "patches_then_plain": in_step("pass"),
    "leaves_threads": in_step(
        "import threading, time\nthreading.Thread(target=lambda: time.sleep(10**6)).start()"
    ),
    "wants_absl_flags": at_import(
        "",
        before="from absl import flags\n\nFLAGS = flags.FLAGS\n"
        "flags.DEFINE_integer('steps', 3, 'Steps.')\n",
    ).replace("    pass\n", "    assert FLAGS.steps == 3\n"),
    "wants_arguments": at_import(
        "",
        before="import argparse\n\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--data', required=True)\narguments = parser.parse_args()\n",
    ),
    "wants_data": in_step("rows = open('data/train.csv').read()"),
}
