"""The default argument was computed before the tape."""

import tensorflow as tf

w = tf.Variable([0.3, 2.6])


def objective(value=w * 2.0):
    return tf.reduce_sum(value**2)


with tf.GradientTape() as tape:
    loss = objective()
print(tape.gradient(loss, w))  # path w: unrecorded 8
