"""The tape is entered through an ExitStack."""

import contextlib

import tensorflow as tf

w = tf.Variable([0.3, -1.6])
with contextlib.ExitStack() as stack:
    tape = stack.enter_context(tf.GradientTape())
    loss = tf.reduce_sum(w * w)
print(tape.gradient(loss, w))  # path w: live
