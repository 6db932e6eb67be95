"""A default argument decides the branch: the cutting arm is dead."""

import tensorflow as tf


def forward(v, hard=False):
    if hard:
        v = tf.round(v)
    return tf.reduce_sum(v)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = forward(w * 2.0)
print(tape.gradient(loss, w))  # path w: live
