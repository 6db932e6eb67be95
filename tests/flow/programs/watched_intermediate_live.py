"""An intermediate is asked for: it was computed from what the tape records."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = tf.tanh(w)
    loss = tf.reduce_sum(hidden**2)
print(tape.gradient(loss, hidden))  # path hidden: live
