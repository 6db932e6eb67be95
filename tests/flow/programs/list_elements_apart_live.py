"""Two elements of one list: the thrown-away one is cut."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
with tf.GradientTape() as tape:
    parts = [tf.exp(w), tf.cast(w > 1.0, tf.float32)]
    loss = tf.reduce_sum(parts[0])
print(tape.gradient(loss, w))  # path w: live
