"""A keyword-only switch returns early with the rounded value."""

import tensorflow as tf


def quantise(value, *, hard):
    if hard:
        return tf.round(value)
    return value + tf.stop_gradient(tf.round(value) - value)


w = tf.Variable([0.3, 2.6])
with tf.GradientTape(persistent=True) as tape:
    hard = tf.reduce_sum(quantise(w, hard=True))
    soft = tf.reduce_sum(quantise(w, hard=False))
# differences: no, the straight-through estimator has an intended gradient
print(tape.gradient(hard, w))  # path w: cut 8
print(tape.gradient(soft, w))  # path w: live
del tape
