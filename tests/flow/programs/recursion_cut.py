"""Each level of the recursion floors its argument."""

import tensorflow as tf


def shrink(v, n):
    if n == 0:
        return v
    return shrink(tf.floor(v * 3.0), n - 1)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(shrink(w, 2))
print(tape.gradient(loss, w))  # path w: cut 9
