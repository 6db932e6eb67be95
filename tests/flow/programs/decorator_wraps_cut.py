"""The decorator turns the result into a host number."""

import functools

import tensorflow as tf


def scalar(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return float(function(*args, **kwargs))

    return wrapper


@scalar
def objective(v):
    return tf.reduce_sum(v**2)


w = tf.Variable([0.3, -1.6])
with tf.GradientTape() as tape:
    loss = tf.constant(objective(w)) * 2.0
print(tape.gradient(loss, w))  # path w: cut 11
