"""A training loop with a tape of its own in each round."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
x = tf.constant([1.0, 2.0])
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((w * x - 1.0) ** 2)
    grad = tape.gradient(loss, w)  # path w: live
    w.assign_sub(0.1 * grad)
