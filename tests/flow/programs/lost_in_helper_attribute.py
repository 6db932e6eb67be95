"""The regulariser of an object reads the kernel through .numpy()."""

import numpy as np
import tensorflow as tf


class Layer:
    def __init__(self):
        self.kernel = tf.Variable([0.3, 1.6])

    def __call__(self, x):
        return self.kernel * x

    def penalty(self):
        return np.sum(self.kernel.numpy() ** 2)


layer = Layer()
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(layer(tf.constant([1.0, 2.0]))) + layer.penalty()
print(tape.gradient(loss, layer.kernel))  # path layer.kernel: lost 15
