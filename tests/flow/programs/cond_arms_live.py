"""tf.cond with lambdas and tf.where: both differentiate."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.cond(tf.reduce_sum(w) > 0.0, lambda: tf.reduce_sum(w**2), lambda: tf.reduce_sum(w))
    loss += tf.reduce_sum(tf.where(w > 1.0, w * 2.0, w))
print(tape.gradient(loss, w))  # path w: live
