"""finally overwrites the loss by its host copy."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = None
    try:
        loss = tf.reduce_sum(w * 2.0)
    finally:
        loss = tf.convert_to_tensor(loss.numpy())
print(tape.gradient(loss, w))  # path w: cut 11
