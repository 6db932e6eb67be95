"""Writes a project of any size: packages that look alike, as those of a monorepo do.

Each package has a tape in `trainer.py`, its model in `nets.py`, a script that calls the step, and a
chain of calls through five modules; the names are the same in all of them. The last package's chain
ends in a pitfall. The other files know nothing of gradients.
"""

from __future__ import annotations

from pathlib import Path

#: Files of a package that has a tape.
FILES_A_TAPE = 10
_LINKS = 5

TRAINER = """\
import tensorflow as tf

from {package}.link_0 import step_0


def train_step(model, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(step_0(model.predict_from(x)) - y)
    return tape.gradient(loss, model.trainable_variables)
"""
NETS = """\
import tensorflow as tf


class Net(tf.keras.Model):
    def __init__(self, units):
        super().__init__()
        self.dense = tf.keras.layers.Dense(units)

    def predict_from(self, x):
        return self.dense(x)
"""
SCRIPT = """\
import tensorflow as tf

from {package}.nets import Net
from {package}.trainer import train_step

if __name__ == "__main__":
    train_step(Net({number}), tf.ones([8, 4]), tf.zeros([8, {number}]))
"""
PLAIN = """\
import json
import os


class Reader:
    def __init__(self, path):
        self.path = path

    def read(self):
        with open(os.path.join(self.path, "{number}.json")) as file:
            return json.load(file)


def count(path):
    return len(Reader(path).read())
"""


def write_project(root: Path, files: int, tapes: int, depth: int) -> None:
    """Write a project of so many files, tapes, and calls between a tape and the end of its chain."""
    for number in range(tapes):
        _write_package(root, f"team_{number}", number, depth, number == tapes - 1)
    (root / "pyproject.toml").write_text('[project]\nname = "generated"\n')
    for number in range(tapes * FILES_A_TAPE, files):
        folder = root / f"plain_{number // 50}"
        folder.mkdir(exist_ok=True)
        (folder / f"reader_{number}.py").write_text(PLAIN.format(number=number))


def _write_package(root: Path, package: str, number: int, depth: int, is_cut: bool) -> None:
    folder = root / package
    folder.mkdir(parents=True)
    texts = {"__init__": "", "nets": NETS, "trainer": TRAINER, "main": SCRIPT, "io_": PLAIN}
    links = ["import tensorflow as tf\n\n" for _ in range(_LINKS)]
    for level in range(depth):
        here, after = level * _LINKS // depth, (level + 1) * _LINKS // depth
        if level + 1 == depth:
            value = "tf.round(x)" if is_cut else "tf.exp(x)"
        else:
            value = f"step_{level + 1}(x * 1.5)"
            if after > here:
                links[here] = f"from {package}.link_{after} import step_{level + 1}\n" + links[here]
        links[here] += f"\ndef step_{level}(x):\n    return {value}\n\n"
    texts |= {f"link_{place}": text for place, text in enumerate(links)}
    for name, text in texts.items():
        written = text.format(package=package, number=number)
        (folder / f"{name}.py").write_text(written)
