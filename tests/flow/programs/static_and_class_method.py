"""A static method cuts, a class method does not."""

import tensorflow as tf


class Losses:
    scale = 2.0

    @staticmethod
    def hits(v):
        return tf.reduce_sum(tf.cast(tf.greater(v, 0.5), tf.float32))

    @classmethod
    def soft(cls, v):
        return cls.scale * tf.reduce_sum(tf.sigmoid(v))


w = tf.Variable([0.3, 1.6])
with tf.GradientTape(persistent=True) as tape:
    hits = Losses.hits(w)
    soft = Losses.soft(w)
print(tape.gradient(hits, w))  # path w: cut 11
print(tape.gradient(soft, w))  # path w: live
del tape
