"""One of two arms rounds; the arm is chosen by an argument that nobody can know."""

import sys

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = w * 2.0
    if len(sys.argv) > 100:
        hidden = tf.round(hidden)
    loss = tf.reduce_sum(hidden)
print(tape.gradient(loss, w))  # path w: live
