"""A helper that AutoGraph leaves alone is called from a tf.function."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


@tf.autograph.experimental.do_not_convert
def inner(x):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(w * x)
    return tape.gradient(loss, w)  # path w: live, in graph


@tf.function
def step(x):
    return inner(x) * 2.0


step(tf.constant([1.0, 2.0]))
