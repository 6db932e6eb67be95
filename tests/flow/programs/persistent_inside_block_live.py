"""A persistent tape differentiates inside its own block, and then its own gradient."""

import tensorflow as tf

x = tf.Variable(1.5)
with tf.GradientTape(persistent=True) as tape:
    y = x**3
    slope = tape.gradient(y, x)  # path x: live
print(tape.gradient(slope, x))  # path x: live
del tape
