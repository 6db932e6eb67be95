"""Which files are looked at, told from their bytes alone."""

from __future__ import annotations

import pytest

from tflint_grad.source import Relevance, relevance


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf\nwith tf.GradientTape() as t: pass",
        "from tensorflow import x\ng = tape.gradient(y, x)",
        "import keras\ng = tape . jacobian(y, x)",
        "import tf_keras\ng = tape.batch_jacobian(y, x)",
        "import tensorflow as tf\n@tf.custom_gradient\ndef f(x): ...",
        "import tensorflow as tf\ntf.gradients(y, x)",
        "import tensorflow as tf\nask = tape.gradient",
        "import keras\noptimizer.apply_gradients(pairs)",
        "from ours import record\nwith record(x) as tape: y = x\ng = tape.gradient(y, x)",
    ],
)
def test_a_file_that_asks_for_a_gradient_is_anchored(code: str) -> None:
    assert relevance(code.encode()) is Relevance.ANCHORED


@pytest.mark.parametrize(
    "code",
    [
        "import keras\nclass M(keras.Model):\n    def train_step(self, data): ...",
        "import keras\nclass L(keras.Layer):\n    def call(self, x): ...",
        "import keras\nmodel.compile(loss=f)",
        "from ours import model, loss\nmodel.compile('adam', loss)\nmodel.fit(x, y)",
        "import tensorflow as tf\nclass M(tf.Module):\n @tf.function\n def __call__(self, x): ...",
    ],
)
def test_a_file_with_hooks_only_is_hooked(code: str) -> None:
    assert relevance(code.encode()) is Relevance.HOOKED


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nwith GradientTape() as tape: y = f(x)",
        "import re, sklearn\nloss = re.compile(word)\nforest.fit (x, y)",
        "import tensorflow as tf\nprint(tf.__version__)",
        "# the gradient of keras\nimport keras",
        "import keras\ndef recall(x): ...",
        "import tensorflow as tf\n@tf.function\ndef f(x): ...",  # nobody asks for a gradient
        "",
    ],
)
def test_other_files_are_dropped(code: str) -> None:
    assert relevance(code.encode()) is Relevance.NONE


def test_a_utf16_file_that_speaks_of_a_tape_is_not_dropped() -> None:
    code = "import tensorflow as tf\ntape = tf.GradientTape()\n"
    assert relevance(code.encode("utf-16")) is Relevance.ANCHORED
