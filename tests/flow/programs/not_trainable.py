"""A variable that is made not trainable is not watched."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
offset = tf.Variable([1.0, 1.0], trainable=False)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * offset)
print(tape.gradient(loss, [w, offset]))  # path w: live; offset: unwatched
