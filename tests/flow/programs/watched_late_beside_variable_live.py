"""Watched late, but it entered an operation that was recorded for the variable's sake."""

import tensorflow as tf

x = tf.constant([0.3, 1.6])
w = tf.Variable([1.3, 0.6])
with tf.GradientTape() as tape:
    y = x * w
    tape.watch(x)
    loss = tf.reduce_sum(y**2)
print(tape.gradient(loss, [x, w]))  # path x: live; w: live
