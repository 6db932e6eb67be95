"""A function of another library is called: the path goes on, unsure."""

import tensorflow as tf
import toolbox

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(toolbox.mix(w, scale=2.0))
print(tape.gradient(loss, w))  # path w: live unsure
