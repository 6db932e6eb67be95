"""finally runs, but rebinds another name only."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    hidden = None
    try:
        hidden = w * 2.0
        loss = tf.reduce_sum(hidden**2)
    finally:
        hidden = tf.round(w)
print(tape.gradient(loss, w), hidden)  # path w: live
