"""Two names for one list: written through the one, read through the other."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
first = [w * 1.0]
second = first
with tf.GradientTape() as tape:
    second[0] = tf.floor(w * 2.0)
    loss = tf.reduce_sum(first[0])
print(tape.gradient(loss, w))  # path w: cut 9
