"""setattr and getattr with literal names."""

import tensorflow as tf


class Bag:
    pass


w = tf.Variable([0.3, 1.6])
bag = Bag()
with tf.GradientTape() as tape:
    setattr(bag, "hidden", w * 2.0)
    hidden = getattr(bag, "hidden")
    loss = tf.reduce_sum(hidden**2) + tf.reduce_sum(bag.hidden)
print(tape.gradient(loss, w))  # path w: live
