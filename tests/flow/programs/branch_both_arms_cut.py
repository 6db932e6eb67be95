"""Both arms cut, each in its own way; the first cause is named."""

import sys

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = w * 2.0
    if len(sys.argv) > 100:
        hidden = tf.round(hidden)
    else:
        hidden = tf.floor(hidden)
    loss = tf.reduce_sum(hidden)
print(tape.gradient(loss, w))  # path w: cut
