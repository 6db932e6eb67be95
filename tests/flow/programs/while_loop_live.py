"""A Python while with an else, decided by the host."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = w * 1.0
    rounds = 0
    while rounds < 3:
        hidden = tf.tanh(hidden)
        rounds += 1
    loss = tf.reduce_sum(hidden)
print(tape.gradient(loss, w))  # path w: live
