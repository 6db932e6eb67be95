"""One step function, first called eagerly by a plain function that is never wrapped."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


def step(x):
    with tf.GradientTape() as tape:
        value = w * x
        if tf.reduce_max(value) > 10.0:
            value = value * 0.1
        loss = tf.reduce_sum(value)
    return tape.gradient(loss, w)  # path w: live, in eager


def train(steps):
    for _ in range(steps):
        step(tf.constant([1.0, 2.0]))


train(2)
