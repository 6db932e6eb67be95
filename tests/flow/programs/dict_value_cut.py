"""The dictionary's entry for the loss is computed by NumPy."""

import numpy as np
import tensorflow as tf


def terms(h):
    return {
        "fit": tf.reduce_sum(h),
        "spread": tf.constant(np.std(h)),
    }


w = tf.Variable([0.4, 1.3])
with tf.GradientTape() as tape:
    parts = terms(w * 2.0)
    loss = parts["spread"] * 2.0
print(tape.gradient(loss, w))  # path w: cut 10
