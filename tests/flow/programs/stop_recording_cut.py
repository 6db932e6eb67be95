"""with tape.stop_recording(): the block in it is not on the tape."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    with tape.stop_recording():
        hidden = w * 2.0
    loss = tf.reduce_sum(hidden**2)
print(tape.gradient(loss, w))  # path w: cut 7
