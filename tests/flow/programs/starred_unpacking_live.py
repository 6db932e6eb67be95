"""head, *rest: the cut element stays in the part that is not used."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    head, *rest = [tf.round(w), w * 2.0, w * 3.0]
    loss = tf.reduce_sum(rest[0]) + tf.reduce_sum(rest[-1])
print(tape.gradient(loss, w), head)  # path w: live
