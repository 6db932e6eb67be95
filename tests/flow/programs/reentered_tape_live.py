"""The tape is entered a second time before its gradient is taken."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
tape = tf.GradientTape()
with tape:
    hidden = w * 2.0
with tape:
    loss = tf.reduce_sum(hidden**2)
print(tape.gradient(loss, w))  # path w: live
