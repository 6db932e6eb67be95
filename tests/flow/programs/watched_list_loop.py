"""Two of three are watched in a loop; the third is not."""

import tensorflow as tf

a = tf.constant([0.3, 1.6])
b = tf.constant([1.3, 0.6])
c = tf.constant([2.3, 0.1])
with tf.GradientTape() as tape:
    for tensor in (a, b):
        tape.watch(tensor)
    y = tf.reduce_sum(tf.square(a) + tf.square(b) + tf.square(c))
print(tape.gradient(y, [a, b, c]))  # path a: live; b: live; c: unwatched
