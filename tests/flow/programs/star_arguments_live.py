"""*args and **kwargs hand the values on."""

import tensorflow as tf


def objective(first, second, scale=1.0):
    return scale * tf.reduce_sum(first * second)


def forward(*args, **kwargs):
    return objective(*args, **kwargs)


a = tf.Variable([0.3, 2.6])
b = tf.Variable([1.3, -2.6])
with tf.GradientTape() as tape:
    loss = forward(a, b, scale=tf.constant(3.0))
print(tape.gradient(loss, [a, b]))  # path a: live; b: live
