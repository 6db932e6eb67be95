"""The global is read late: the function sees the variable that was bound last."""

import tensorflow as tf

w = tf.constant([9.0, 9.0])


def forward(x):
    return tf.reduce_sum(w * x)


w = tf.Variable([0.4, 1.3])
with tf.GradientTape() as tape:
    loss = forward(tf.constant([1.0, 2.0]))
print(tape.gradient(loss, w))  # path w: live
