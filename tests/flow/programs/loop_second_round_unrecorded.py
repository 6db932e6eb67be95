"""From the second round on the target is the step that the loop made outside the block."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
x = tf.constant([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * x)
for _ in range(2):
    loss = loss * 0.5
print(tape.gradient(loss, w))  # path w: unrecorded 10
