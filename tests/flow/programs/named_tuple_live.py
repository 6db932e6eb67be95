"""A named tuple: read by field, unpacked, and replaced."""

from typing import NamedTuple

import tensorflow as tf


class Output(NamedTuple):
    mean: tf.Tensor
    label: tf.Tensor


w = tf.Variable([0.3, 2.6])
with tf.GradientTape() as tape:
    out = Output(mean=tf.tanh(w), label=tf.argmax(w))
    out = out._replace(mean=out.mean * 2.0)
    mean, _ = out
    loss = tf.reduce_sum(mean) + tf.reduce_sum(out.mean)
print(tape.gradient(loss, w))  # path w: live
