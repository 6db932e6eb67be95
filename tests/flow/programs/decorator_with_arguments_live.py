"""A decorator with arguments scales the result."""

from functools import wraps

import tensorflow as tf


def scaled(factor):
    def decorate(function):
        @wraps(function)
        def wrapper(*args):
            return factor * function(*args)

        return wrapper

    return decorate


@scaled(3.0)
def objective(v):
    return tf.reduce_sum(v**2)


w = tf.Variable([0.3, -1.6])
with tf.GradientTape() as tape:
    loss = objective(w)
print(tape.gradient(loss, w))  # path w: live
