"""Losses collected with append, summed with add_n."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
data = [tf.constant([1.0, 2.0]), tf.constant([0.5, -1.0]), tf.constant([2.0, 0.0])]
losses = []
with tf.GradientTape() as tape:
    for x in data:
        losses.append(tf.reduce_mean((w - x) ** 2))
    total = tf.add_n(losses)
grads = tape.gradient(total, w)  # path w: live
