"""Target and sources by keyword, in the other order."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.math.ceil(w) * 2.0)
print(tape.gradient(sources=w, target=loss))  # path w: cut 7
