"""A live term and one through NumPy: the gradient is wrong, not None."""

import numpy as np
import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * w + np.exp(w))
print(tape.gradient(loss, w))  # path w: lost 8
