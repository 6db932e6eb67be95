"""autograph=False: an unconverted graph."""

import functools

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


@functools.partial(tf.function, autograph=False)
def step(x):
    with tf.GradientTape() as tape:
        loss = tf.cond(
            tf.reduce_sum(x) > 0.0, lambda: tf.reduce_sum(w * x), lambda: tf.constant(0.0)
        )
    return tape.gradient(loss, w)  # path w: live, in graph


step(tf.constant([1.0, 2.0]))
