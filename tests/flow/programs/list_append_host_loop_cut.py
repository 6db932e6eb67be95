"""Losses collected as host floats, wrapped again as a tensor."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
data = [tf.constant([1.0, 2.0]), tf.constant([0.5, -1.0])]
losses = []
with tf.GradientTape() as tape:
    for x in data:
        loss = tf.reduce_mean((w - x) ** 2)
        losses.append(loss.numpy())
    total = tf.reduce_mean(tf.constant(losses))
grads = tape.gradient(total, w)  # path w: cut 11
