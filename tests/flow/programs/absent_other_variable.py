"""The nested function has a variable of the same name of its own."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])


def forward(x):
    w = tf.Variable([1.0, 1.0])
    return tf.reduce_sum(w * x)


with tf.GradientTape() as tape:
    loss = forward(tf.constant([1.0, 2.0]))
print(tape.gradient(loss, w))  # path w: absent
