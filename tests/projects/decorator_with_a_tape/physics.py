import math

import tensorflow as tf

from autodiff import value_and_grad


@value_and_grad
def energy(k, x):
    return 0.5 * k * x**2 + math.sin(k)  # expect: TFG201 gradient-wrong  # right: return 0.5 * k * x**2 + tf.sin(k)


if __name__ == "__main__":
    gradients = energy(tf.Variable(2.0), tf.constant(3.0))
