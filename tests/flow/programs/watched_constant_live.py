"""A constant that is watched first."""

import tensorflow as tf

x = tf.constant([0.3, 1.6])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.reduce_sum(x**3)
print(tape.gradient(y, x))  # path x: live
