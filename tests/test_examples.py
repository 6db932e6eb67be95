"""The examples on the pages of TFG2 are right: the first is reported and does what the linter says of
it, what to use instead is not and brings a gradient back."""

from __future__ import annotations

import linecache
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tflint_grad.findings import Severity
from tflint_grad.outline import outline
from tflint_grad.rules import RULES, check
from tflint_grad.source.text import source_from_bytes

IMPORTS = "import keras\nimport numpy as np\nimport tensorflow as tf\n\n"
W = "w = tf.Variable([0.3, 0.8, 0.3])\n"
MODEL = (
    "x, y = tf.constant([[0.3, 0.9]]), tf.constant([[0.4]])\n"
    "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
    "loss_fn = keras.losses.MeanSquaredError()\n"
)
ASK_W = "asked = tape.gradient(loss, w)\n"
ASK_MODEL = "asked = tape.gradient(loss, model.trainable_variables)\n"
ASK_CELL = "asked = tape.gradient(loss, cell.trainable_variables)\n"
# Of each rule: what stands before its examples and behind them. TFG210's speak of no gradient.
SCENES = {
    "TFG201": (W, ASK_W),
    "TFG202": ("x = tf.Variable([0.3, 0.8])\n", "asked = tape.gradient(loss, x)\n"),
    "TFG203": (W, ASK_W),
    "TFG204": (MODEL, ASK_MODEL),
    "TFG205": (
        "image = tf.Variable([0.3, 0.8])\nwith tf.GradientTape() as tape:\n",
        "    loss = tf.reduce_sum(pixels)\nasked = tape.gradient(loss, image)\n",
    ),
    "TFG206": (MODEL, ASK_MODEL),
    "TFG207": (W, ASK_W),
    "TFG208": (W, ASK_W),
    "TFG209": (W, ASK_W),
    "TFG211": (
        "noise = tf.ones([1, 2])\n"
        "generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])\n"
        "discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "def generator_loss(score):\n    return tf.reduce_mean(tf.square(score - 1.0))\n\n",
        "asked = tape.gradient(loss, generator.trainable_variables)\n",
    ),
    "TFG212": (MODEL, ASK_MODEL),
    "TFG213": (
        "x = tf.ones([1, 2])\nstate = tf.Variable(tf.zeros([1, 2]), trainable=False)\n"
        "cell = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])\n",
        ASK_CELL,
    ),
    "TFG214": (
        MODEL + "optimizer = keras.optimizers.SGD(0.1)\n"
        "data = tf.data.Dataset.from_tensors((x, y)).repeat(2)\n",
        "asked = epoch(data)\n",
    ),
}
EXAMPLES = [(code, heading) for code in SCENES for heading in ("Example", "Use instead")]


def program(code: str, heading: str) -> str:
    """The example in its scene, which asks once."""
    page = RULES[code].__doc__ or ""
    found = re.search(rf"## {heading}\n\s*```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    lines = [line.removeprefix("    ") for line in found[1].rstrip().splitlines()]
    before, behind = SCENES[code]
    if before.endswith("as tape:\n"):
        lines = [f"    {line}" for line in lines]
    text = "\n".join(line for line in lines if not line.startswith("tape.gradient("))
    return f"{IMPORTS}{before}{text}\n{behind}"


def lint(text: str) -> list[tuple[str, str]]:
    source = source_from_bytes(text.encode(), "example.py")
    assert source is not None
    found = [one for one in check(outline(source)) if one.severity > Severity.ADVICE]
    return [(one.code, str(one.consequence)) for one in found if one.code.startswith("TFG2")]


def outcome(text: str, folder: Path) -> str:
    """What comes back, in the linter's words; `flows` where it is something."""
    import numpy as np
    import tensorflow as tf

    file = folder / "example.py"  # AutoGraph reads the source
    file.write_text(text, encoding="utf-8")
    linecache.clearcache()
    names: dict[str, Any] = {}
    try:
        exec(compile(text, str(file), "exec"), names)
    except Exception:
        return "raises"
    asked = tf.nest.flatten(names["asked"])
    if all(one is None for one in asked):
        return "gradient-none"
    return "flows" if any(np.any(np.asarray(one)) for one in asked) else "gradient-zero"


@pytest.mark.parametrize(("code", "heading"), EXAMPLES)
def test_an_example_is_reported_and_what_to_use_instead_is_not(code: str, heading: str) -> None:
    reported = {one for one, _ in lint(program(code, heading))}
    assert reported == ({code} if heading == "Example" else set())


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")
@pytest.mark.parametrize(("code", "heading"), EXAMPLES)
def test_an_example_does_what_is_said_of_it(code: str, heading: str, tmp_path: Path) -> None:
    text = program(code, heading)
    said = {consequence for _, consequence in lint(text)}
    ran = outcome(text, tmp_path)
    if "gradient-wrong" in said:  # a part is lost: what comes back looks like a gradient
        assert ran == "flows"
    elif code == "TFG214" and heading == "Use instead":  # its step is taken within
        assert ran == "gradient-none"
    else:
        assert {ran} == (said or {"flows"})
