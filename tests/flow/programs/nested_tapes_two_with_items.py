"""Both tapes in one with statement: generator and discriminator."""

import tensorflow as tf

g = tf.Variable([0.3, 1.6])
d = tf.Variable([1.3, 0.6])
with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
    fake = g * 2.0
    g_loss = tf.reduce_sum(fake * d)
    d_loss = tf.reduce_sum(tf.stop_gradient(fake) * d)
# differences: no, the generator is held fixed for the discriminator on purpose
print(g_tape.gradient(g_loss, g))  # path g: live
print(d_tape.gradient(d_loss, [d, g]))  # path d: live; g: cut 10
