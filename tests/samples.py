"""Small programs for the tests of the front ends, with the place of their only pitfall."""

from __future__ import annotations

#: TFG201 at `PLACE`, and nothing else.
PITFALL = """\
import numpy as np
import tensorflow as tf

w = tf.Variable([1.0, 2.0])


def spread(h):
    return tf.constant(np.std(h))


with tf.GradientTape() as tape:
    loss = spread(w * 3.0)
grads = tape.gradient(loss, w)
"""
PLACE = "8:24"

#: The same without the pitfall.
CORRECT = PITFALL.replace("tf.constant(np.std(h))", "tf.math.reduce_std(h)")

#: Right, and advice is given: TFG101 at row 7.
ADVICE = """\
import tensorflow as tf

w = tf.Variable(2.0)

with tf.GradientTape() as tape:
    loss = w * w
    if loss > 1.0:
        loss = loss * 2.0
print(tape.gradient(loss, w))
"""

#: Python that has nothing to do with TensorFlow.
PLAIN = "import json\n\nprint(json.dumps({}))\n"
