"""loss += a host number made from the weights."""

import numpy as np
import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w)
    loss += 0.1 * np.linalg.norm(w)
print(tape.gradient(loss, w))  # path w: lost 9
