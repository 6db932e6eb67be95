"""The default argument is the variable itself: it is read inside the tape."""

import tensorflow as tf

w = tf.Variable([0.3, 2.6])


def objective(value=w):
    return tf.reduce_sum(value**2)


with tf.GradientTape() as tape:
    loss = objective()
print(tape.gradient(loss, w))  # path w: live
