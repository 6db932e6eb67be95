"""The way leads through a property."""

import tensorflow as tf


class Gauss:
    def __init__(self):
        self.log_scale = tf.Variable(0.3)

    @property
    def scale(self):
        return tf.exp(self.log_scale)

    def nll(self, x):
        return tf.math.log(self.scale) + 0.5 * tf.reduce_mean((x / self.scale) ** 2)


gauss = Gauss()
with tf.GradientTape() as tape:
    loss = gauss.nll(tf.constant([0.1, 0.2]))
print(tape.gradient(loss, gauss.log_scale))  # path gauss.log_scale: live
