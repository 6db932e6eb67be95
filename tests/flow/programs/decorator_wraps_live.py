"""A decorator with functools.wraps only prints; the result goes through."""

import functools

import tensorflow as tf


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        print(function.__name__, float(result))
        return result

    return wrapper


@logged
def objective(v, power=2):
    return tf.reduce_sum(v**power)


w = tf.Variable([0.3, -1.6])
with tf.GradientTape() as tape:
    loss = objective(w, power=3)
print(tape.gradient(loss, w))  # path w: live
