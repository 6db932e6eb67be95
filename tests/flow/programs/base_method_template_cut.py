"""The step lives in the base class; the hook of the derived class cuts."""

import tensorflow as tf


class Trainer:
    def __init__(self):
        self.w = tf.Variable([0.3, 1.6])

    def activate(self, v):
        return tf.tanh(v)

    def step(self, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(self.activate(self.w * x))
        return tape.gradient(loss, self.w)  # path self.w: cut 21


class Binary(Trainer):
    def activate(self, v):
        return tf.where(v > 0.5, 1.0, 0.0)


Binary().step(tf.constant([1.0, 2.0]))
