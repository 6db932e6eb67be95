"""(a, (b, c)) = ...; a function with several results."""

import tensorflow as tf


def forward(v):
    return tf.reduce_sum(v), (tf.argmax(v), v * 2.0)


w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    total, (index, doubled) = forward(w)
    loss = total + tf.reduce_sum(doubled**2)
print(tape.gradient(loss, w), index)  # path w: live
