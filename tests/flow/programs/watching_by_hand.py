"""watch_accessed_variables=False: one variable is watched, the other is not."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
v = tf.Variable([1.0, 1.0])
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(w)
    loss = tf.reduce_sum(w * v)
print(tape.gradient(loss, [w, v]))  # path w: live; v: unwatched
