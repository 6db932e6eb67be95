"""A generator yields live terms."""

import tensorflow as tf


def terms(value):
    for power in (1, 2, 3):
        yield tf.reduce_sum(value**power)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    total = 0.0
    for term in terms(w):
        total += term
print(tape.gradient(total, w))  # path w: live
