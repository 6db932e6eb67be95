"""functools.reduce over map over a list."""

import functools

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    parts = map(tf.reduce_sum, [w, w**2, w**3])
    loss = functools.reduce(lambda a, b: a + b, parts)
print(tape.gradient(loss, w))  # path w: live
