"""Every term that the generator yields has been through NumPy."""

import numpy as np
import tensorflow as tf


def terms(value):
    for power in (1, 2, 3):
        yield np.power(value, power)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    total = tf.constant(0.0)
    for term in terms(w):
        total += tf.reduce_sum(term)
print(tape.gradient(total, w))  # path w: cut 9
