"""Parameters that are held to be no data by their names alone carry no gradient when they are given one."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
# Shows, of each parameter that takes a tensor of floats, what comes back to it.
PROGRAM = """
import json
import warnings
import tensorflow as tf
import rows
from calls import Call, leaves, run
from sources import Sources
from spec_lines import Line
from statuses import best, status_of
from tables import RAW, evidence

warnings.simplefilter("ignore")
shown = {}
for record in evidence()[0][1]:
    if record["kind"] in rows.OBJECTS or record.get("gradient") != "flows":
        continue
    unseen = set(record["parameters"]) & rows.DETACHED_NAMES - set(record["arguments"]) - {"name"}
    for parameter in sorted(unseen) if not record["name"].startswith(RAW) else ():
        call = f"{record['call'][:-1]}, {parameter}=U())"
        sources = Sources("unit")
        with tf.GradientTape(persistent=True) as tape:
            sources.tape = tape
            try:
                result, used = run(Call(Line(record["name"], call, "op")), sources, {})
            except Exception:
                continue  # takes no such thing
        found = [status_of(tape, leaf, it) for leaf in leaves(result) for it in used[parameter]]
        shown[f"{record['name']} {parameter}"] = best(found)
print(json.dumps(shown))
"""


@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)
def test_no_gradient_comes_back_to_a_parameter_that_is_detached_by_its_name() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=TOOLS, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    shown = json.loads(done.stdout.splitlines()[-1])
    assert len(shown) > 3
    assert {name for name, status in shown.items() if status in ("flows", "zero")} == set()
