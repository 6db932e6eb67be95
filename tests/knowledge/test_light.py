"""The tables cost next to nothing at lint time."""

import subprocess
import sys

HEAVY = ("tensorflow", "keras", "numpy", "libcst")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_asking_imports_nothing_heavy() -> None:
    loaded = run(
        "import sys\n"
        "from tflint_grad.knowledge import host, keras_api, operations, remedies\n"
        "operations.fact('tensorflow.math.argmax'), host.host_function('numpy.exp')\n"
        "keras_api.keras_class('keras.layers.Dense'), remedies.remedy('tensorflow.round')\n"
        "print(*(name.partition('.')[0] for name in sys.modules))"
    )
    assert not set(HEAVY) & set(loaded.split())


def test_the_table_loads_in_two_milliseconds() -> None:
    # The best of several: what the work costs, not what else the machine does.
    seconds = run(
        "import time\n"
        "from tflint_grad.knowledge import table\n"
        "best = 1.0\n"
        "for _ in range(9):\n"
        "    table._content.cache_clear()\n"
        "    begin = time.perf_counter()\n"
        "    table.rows(), table.aliases(), table.classes()\n"
        "    best = min(best, time.perf_counter() - begin)\n"
        "print(best)"
    )
    assert float(seconds) < 0.002
