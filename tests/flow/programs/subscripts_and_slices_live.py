"""Slices, a string key of a nested dictionary, a negative index, an assignment to a slice."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6, 0.8])
store = {"layers": [None, None]}
with tf.GradientTape() as tape:
    store["layers"][0] = w[:2] * 2.0
    store["layers"][-1] = w[..., 2]
    store["layers"][0:1] = [store["layers"][0] + 1.0]
    loss = tf.reduce_sum(store["layers"][0]) * store["layers"][1]
print(tape.gradient(loss, w))  # path w: live
