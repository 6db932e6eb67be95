"""The tape is made far from the block that enters it, by a function."""

import tensorflow as tf


def make():
    return tf.GradientTape(persistent=True)


w = tf.Variable([0.3, 1.6])
b = tf.Variable(0.5)
tape = make()
with tape as recorder:
    loss = tf.reduce_sum(w * w) * b
print(recorder.gradient(loss, w))  # path w: live
print(tape.gradient(loss, b))  # path b: live
del tape, recorder
