"""Two swaps bring the rounded value back to the first place."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    a, b = tf.round(w), w * w
    for _ in range(2):
        a, b = b, a
    loss = tf.reduce_sum(a)
print(tape.gradient(loss, w), b)  # path w: cut 7
