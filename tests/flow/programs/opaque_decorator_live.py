"""A decorator of another library: opaque, alive."""

import tensorflow as tf
import toolbox


@toolbox.traced
def objective(v):
    return tf.reduce_sum(v**2)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = objective(w)
print(tape.gradient(loss, w))  # path w: live unsure
