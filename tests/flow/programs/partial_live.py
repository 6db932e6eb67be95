"""functools.partial with a live positional argument."""

import functools

import tensorflow as tf


def penalty(strength, value):
    return strength * tf.reduce_sum(tf.abs(value))


w = tf.Variable([0.4, -1.3])
shrink = functools.partial(penalty, 0.1)
with tf.GradientTape() as tape:
    loss = shrink(w) + shrink(value=w * 2.0)
print(tape.gradient(loss, w))  # path w: live
