"""Two losses: one made inside, one outside; the sum is made inside."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
weight = tf.reduce_sum(w)
with tf.GradientTape() as tape:
    fit = tf.reduce_sum(w**2)
    loss = fit * tf.stop_gradient(weight)
# differences: no, the weight is held fixed on purpose
print(tape.gradient(loss, w))  # path w: live
