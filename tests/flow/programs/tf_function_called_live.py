"""The forward pass is a tf.function; the tape stands outside."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


@tf.function
def forward(x):
    hidden = w * x
    if tf.reduce_sum(hidden) > 100.0:
        hidden = hidden * 0.5
    return tf.reduce_sum(hidden**2)


with tf.GradientTape() as tape:
    loss = forward(tf.constant([1.0, 2.0]))
print(tape.gradient(loss, w))  # path w: live, in eager
