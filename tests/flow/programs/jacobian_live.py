"""A Jacobian of a vector, the tape on the second of two names."""

import tensorflow as tf

x = tf.constant([0.3, 1.6])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = tf.sin(x) * x
recorder = tape
print(recorder.jacobian(y, x))  # path x: live
