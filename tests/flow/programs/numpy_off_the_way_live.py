"""NumPy works on labels, shapes and constants only."""

import numpy as np
import tensorflow as tf

labels = np.array([0, 1])
w = tf.Variable([[0.3, 1.6], [1.0, 0.2]])
with tf.GradientTape() as tape:
    target = tf.constant(np.eye(2)[labels], tf.float32)
    scale = np.prod(w.shape) * np.log(2.0)
    error = np.float32(0.5) * (w - target) ** 2 / scale
    loss = tf.reduce_sum(error)
print(tape.gradient(loss, w), np.mean(error.numpy()))  # path w: live
