"""The inner gradient is taken after the outer block."""

import tensorflow as tf

x = tf.Variable(1.5)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        y = x**3
slope = inner.gradient(y, x)  # path x: live
print(outer.gradient(slope, x))  # path x: unrecorded 9
