"""The whole step is a tf.function, the helper beside it is converted with it."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


def forward(x):
    hidden = w * x
    if tf.reduce_sum(hidden) > 0.0:
        hidden = hidden * 0.5
    return tf.reduce_sum(hidden**2)


@tf.function
def step(x):
    with tf.GradientTape() as tape:
        loss = forward(x)
    return tape.gradient(loss, w)  # path w: live, in autograph


step(tf.constant([1.0, 2.0]))
