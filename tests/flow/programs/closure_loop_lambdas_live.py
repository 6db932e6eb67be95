"""Lambdas made in a loop all read the last binding of the loop's name, which is live."""

import tensorflow as tf

w = tf.Variable([0.4, 1.3])
with tf.GradientTape() as tape:
    readers = []
    for scale in [tf.constant(2.0), tf.constant(3.0)]:
        value = w * scale
        readers.append(lambda: tf.reduce_sum(value))
    loss = readers[0]() + readers[1]()
print(tape.gradient(loss, w))  # path w: live
