"""The gradient call itself stands in a helper that gets tape, loss and variables."""

import tensorflow as tf


def grads_of(tape, loss, sources):
    return tape.gradient(loss, sources)  # path sources: live


a = tf.Variable([0.3, 1.6])
b = tf.Variable([1.3, 0.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(a * b)
print(grads_of(tape, loss, [a, b]))
