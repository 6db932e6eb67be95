"""A plain tape's gradient inside its block ends its recording, not the outer tape's."""

import tensorflow as tf

x = tf.Variable(1.5)
with tf.GradientTape(persistent=True) as outer:
    with tf.GradientTape() as tape:
        y = x**2
        slope = tape.gradient(y, x)  # path x: live
        z = slope * x
print(outer.gradient(z, x))  # path x: live
del outer
