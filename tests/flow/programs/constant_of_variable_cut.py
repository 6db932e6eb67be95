"""tf.constant copies the variable in eager code."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    frozen = tf.constant(w)
    loss = tf.reduce_sum(frozen**2)
print(tape.gradient(loss, w))  # path w: cut 7
