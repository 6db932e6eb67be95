"""tf.convert_to_tensor and identity keep the path; so do stack and reshape."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    value = tf.identity(tf.convert_to_tensor(w))
    value = tf.reshape(tf.stack([value, value * 2.0]), [-1])
    loss = tf.reduce_sum(tf.gather(value, [0, 3]) ** 2)
print(tape.gradient(loss, w))  # path w: live
