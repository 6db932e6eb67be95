import functools

import tensorflow as tf


def value_and_grad(function):
    @functools.wraps(function)
    def wrapped(variables, *args, **kwargs):
        with tf.GradientTape() as tape:
            value = function(variables, *args, **kwargs)
        return value, tape.gradient(value, variables)

    return wrapped
