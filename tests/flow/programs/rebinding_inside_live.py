"""w = w * 2 inside the block: the gradient is asked for the new tensor, and is right."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    w = w * 2.0
    loss = tf.reduce_sum(w * w)
print(tape.gradient(loss, w))  # path w: live
