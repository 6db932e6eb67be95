"""The tables cost next to nothing at lint time."""

import subprocess
import sys
from pathlib import Path

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


def test_raw_operations_and_earlier_versions_are_read_only_on_demand() -> None:
    read = run(
        "from tflint_grad.knowledge import table\n"
        "from tflint_grad.knowledge.operations import fact\n"
        "read = []\n"
        "load = table.json.loads\n"
        "table.json.loads = lambda text: read.append(len(text)) or load(text)\n"
        "fact('tensorflow.exp'), table.of_version('').__enter__()\n"
        "once = len(read)\n"
        "fact('tensorflow.raw_ops.Exp')\n"
        "print(once, len(read))"
    )
    assert read.split() == ["1", "2"]


def test_the_tables_are_small() -> None:
    folder = Path(__file__).parents[2] / "tflint_grad" / "knowledge"
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.json")}
    assert sizes["tensorflow.json"] < 250_000
    assert sum(sizes.values()) < 400_000
