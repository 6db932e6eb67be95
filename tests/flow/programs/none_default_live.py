"""mask=None is decided: the masked arm does not run."""

import numpy as np
import tensorflow as tf


def loss_of(v, mask=None):
    if mask is not None:
        v = np.asarray(v) * mask
    return tf.reduce_sum(tf.square(v))


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = loss_of(w)
print(tape.gradient(loss, w))  # path w: live
