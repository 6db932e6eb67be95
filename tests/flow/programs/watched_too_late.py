"""Watched after the first operation on it."""

import tensorflow as tf

x = tf.constant([0.3, 1.6])
with tf.GradientTape() as tape:
    y = x * x
    tape.watch(x)
    loss = tf.reduce_sum(y)
print(tape.gradient(loss, x))  # path x: unrecorded 7
