"""A helper gets the tape as an argument and watches for the caller."""

import tensorflow as tf


def prepare(tape, *tensors):
    for tensor in tensors:
        tape.watch(tensor)


a = tf.constant([0.3, 1.6])
b = tf.constant([1.3, 0.6])
with tf.GradientTape() as tape:
    prepare(tape, a, b)
    y = tf.reduce_sum(a * b * b)
print(tape.gradient(y, {"a": a, "b": b}))  # path a: live; b: live
