"""*init, last: the last element is the rounded one."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    *init, last = w * 2.0, w * 3.0, tf.floor(w)
    loss = tf.reduce_sum(last)
print(tape.gradient(loss, w), init)  # path w: cut 7
