"""The loop is left by break before the rounding round."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = w * 1.0
    for step in range(5):
        if step == 2:
            break
        hidden = hidden * 2.0
    else:
        hidden = tf.round(hidden)
    loss = tf.reduce_sum(hidden)
print(tape.gradient(loss, w))  # path w: live
