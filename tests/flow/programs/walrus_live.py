"""The walrus binds what the condition looks at."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    if (total := tf.reduce_sum(w * w)) > 1.0:
        loss = total * 2.0
    else:
        loss = total
print(tape.gradient(loss, w))  # path w: live
