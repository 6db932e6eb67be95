"""The instance's own attribute hides the class attribute that is asked for."""

import tensorflow as tf


class Shared:
    weight = tf.Variable([0.3, 2.6])

    def __init__(self):
        self.weight = tf.Variable([1.0, 1.0])

    def forward(self, x):
        return tf.reduce_sum(self.weight * x)


with tf.GradientTape() as tape:
    loss = Shared().forward(tf.constant([1.0, 2.0]))
print(tape.gradient(loss, Shared.weight))  # path Shared.weight: absent
