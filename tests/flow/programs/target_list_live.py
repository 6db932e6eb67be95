"""A list of targets, a dictionary of sources: one of the two targets is cut."""

import tensorflow as tf

a = tf.Variable([0.3, 1.6])
b = tf.Variable([1.3, 0.6])
with tf.GradientTape() as tape:
    first = tf.reduce_sum(a**2)
    second = tf.reduce_sum(b**3)
print(tape.gradient([first, second], {"a": a, "b": b}))  # path a: live; b: live
