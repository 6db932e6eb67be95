"""The walrus in a comprehension leaves the last rounded value behind."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    doubled = [(last := tf.round(w * k)) * 2.0 for k in (1.0, 2.0)]
    loss = tf.reduce_sum(last)
print(tape.gradient(loss, w), doubled)  # path w: cut 7
