"""Programs as users have them, which the tests run under `--verify -- COMMAND`."""

from __future__ import annotations

#: A training script: what it reaches and what not, what nobody foretold, and what is as it should be.
TRAIN = """\
import os
import sys

import numpy as np
import tensorflow as tf

import registry

w = tf.Variable([1.0, 2.0], name="w")
dead = tf.Variable([-1.0, -2.0], name="dead")


def through_numpy(x):
    return tf.reduce_sum(tf.constant(np.exp(x)))  # confirmed


def unreached(x):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(x * w))  # not reached
    return tape.gradient(y, w)


def saturated(x):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.sign(x) * 2.0)  # confirmed zero
    return tape.gradient(y, w)


def unconnected(steps):
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(registry.get("w"))
        grads = tape.gradient(loss, [w, registry.get("other")])  # observed none
    return grads


def filtered():
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(registry.get("w"))
    pairs = [registry.get("w"), registry.get("other")]
    grads = tape.gradient(loss, pairs)  # observed filtered
    return [g for g in grads if g is not None]


def silenced():
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(registry.get("w"))
    return tape.gradient(loss, registry.get("other"))  # noqa: TFG900


def wanted_zeros():
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(registry.get("w"))
    other = registry.get("other")
    return tape.gradient(loss, other, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def at_the_edge(values):
    for value in values:
        x = tf.Variable(value)
        with tf.GradientTape() as tape:
            y = registry.root(x)
        grad = tape.gradient(y, x)  # observed nan
    return grad


@tf.function
def rectified(x):
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.nn.relu(x))
    return tape.gradient(y, x)  # observed zeros


@tf.function
def sometimes(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.nn.relu(x))
    return tape.gradient(y, x)


with tf.GradientTape() as tape:
    loss = through_numpy(w)
print("numpy:", tape.gradient(loss, w))
print("sign:", saturated(w).numpy())
print("unconnected:", unconnected(3))
print("filtered:", len(filtered()), silenced(), wanted_zeros().numpy())
print("edge:", at_the_edge([1.0, 0.0, 4.0]).numpy())
print("relu:", [rectified(dead).numpy().tolist() for _ in range(3)])
print("sometimes:", [sometimes(tf.constant([x])).numpy().tolist() for x in (-1.0, 1.0, -2.0)])
try:
    tape.gradient(loss, w)
except RuntimeError as error:
    print("error:", error)
print("arguments:", sys.argv[1:], "input:", sys.stdin.read().strip(), "folder:", os.getcwd())
print("path:", [entry for entry in sys.path if "tflint" in entry], "sitecustomize" in sys.modules)
print("mine:", getattr(sys, "set_by_sitecustomize", None), sys.gettrace() is None or "traced")
print("to stderr", file=sys.stderr)
sys.exit(3)
"""

REGISTRY = """\
import sys

import tensorflow as tf


def get(name):
    main = sys.modules["__main__"]
    if name == "other" and not hasattr(main, "other"):
        main.other = tf.Variable([1.0], name="other")
    return getattr(main, name)


def root(x):
    return getattr(tf, "sq" + "rt")(x)
"""

#: Each pitfall is reached in a process of another kind, or in a thread.
FAMILY = """\
import multiprocessing
import os
import subprocess
import sys
import threading

import tensorflow as tf

w = tf.Variable([1.0, 2.0])


def in_fork():
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(w))  # in a fork
    return tape.gradient(y, w)


def in_spawned():
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(w))  # in a spawned process
    return tape.gradient(y, w)


def in_thread():
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(w))  # in a thread
    return tape.gradient(y, w)


def in_child():
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(w))  # in a child
    return tape.gradient(y, w)


def in_the_end():
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.round(w))  # before the crash
    return tape.gradient(y, w)


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        in_child()
        os._exit(0)
    pid = os.fork()
    if pid == 0:
        in_fork()
        os._exit(0)
    os.waitpid(pid, 0)
    process = multiprocessing.get_context("spawn").Process(target=in_spawned)
    process.start()
    process.join()
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    subprocess.run([sys.executable, __file__, "child"], check=True)
    in_the_end()
    os.kill(os.getpid(), 9)
"""

#: Tapes that are kept too long, or are said to be, after more tapes than the probe writes down.
MEMORY = """\
import gc

import tensorflow as tf

w = tf.Variable([1.0, 2.0])
x = tf.constant([1.0, 2.0])


def plain():
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * x)
    return tape.gradient(loss, w)


def held():
    with tf.GradientTape(persistent=True) as tape:  # held
        loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
    return tape.gradient(loss, w)


def holds_nothing():
    with tf.GradientTape(persistent=True) as tape:  # holds nothing
        tape.watch(x)
        loss = tf.identity(x)
    return tape.gradient(loss, x)


class Trainer:
    def __init__(self):
        self.me = self

    def step(self):
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
        self.tape = tape  # in a cycle
        return tape.gradient(loss, w)


for _ in range(250):
    plain()
held()
holds_nothing()
Trainer().step()
gc.collect()
with tf.GradientTape(persistent=True) as tape:  # alive at the end
    loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
tape.gradient(loss, w)
"""

#: What XLA compiles: for `fit` by Keras, and a function of the program's own that is saved.
COMPILED = """\
import keras
import numpy as np
import tensorflow as tf


def distance(wanted, found):
    return tf.reduce_mean(getattr(tf, "sq" + "rt")(tf.square(found - found)))


class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable([1.0, 2.0])

    @tf.function(jit_compile=True, input_signature=[])
    def slope(self):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.tanh(self.w))
        return tape.gradient(y, self.w)


x = np.ones([8, 3], "float32")
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("sgd", distance, jit_compile=True)
model.fit(x, x[:, :1], batch_size=2, epochs=2, verbose=0)  # observed under fit
own = Model()
own.slope()
tf.saved_model.save(own, "saved")
print("saved")
"""

#: A package with a test of its own.
MODEL = """\
import numpy as np
import tensorflow as tf


def step(w):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.constant(np.square(w)))  # confirmed
    return tape.gradient(loss, w)


@tf.function(autograph=False)
def branch(w):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * 2.0)
        if loss > 0.0:  # raises
            loss = loss * 2.0
    return tape.gradient(loss, w)


def kept(w):
    with tf.GradientTape(persistent=True) as tape:  # memory
        loss = tf.reduce_sum(tf.tanh(tf.tanh(w)))
    return tape.gradient(loss, w)
"""

MODEL_TEST = """\
import pytest
import tensorflow as tf

from model import branch, kept, step


def test_step_gives_nothing():
    assert step(tf.Variable([1.0])) is None


def test_branch_raises():
    with pytest.raises(Exception):
        branch(tf.Variable([1.0]))


def test_kept():
    assert kept(tf.Variable([1.0])) is not None
"""

#: No TensorFlow: how it hears of signals.
LISTENER = """\
import signal
import sys
import time


def heard(number, frame):
    print("heard", signal.Signals(number).name, flush=True)
    sys.exit(7)


signal.signal(signal.SIGTERM, heard)
signal.signal(signal.SIGINT, heard)
print("ready", sys.stdin.isatty(), sys.stdout.isatty(), flush=True)
time.sleep(60)
"""

#: Not executed: its finding has nothing to be seen.
PITFALL = """\
import tensorflow as tf

w = tf.Variable([1.0])
with tf.GradientTape() as tape:
    y = tf.round(w)
print(tape.gradient(y, w))
"""
