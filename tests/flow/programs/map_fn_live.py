"""A callback handed to tf.map_fn closes over the variable."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
rows = tf.constant([[1.0, 2.0], [3.0, 4.0]])
with tf.GradientTape() as tape:
    scores = tf.map_fn(lambda row: tf.reduce_sum(row * w), rows)
    loss = tf.reduce_sum(scores**2)
print(tape.gradient(loss, w))  # path w: live
