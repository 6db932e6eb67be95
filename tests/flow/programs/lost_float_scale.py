"""float(w) beside w itself."""

import tensorflow as tf

w = tf.Variable(0.7)
with tf.GradientTape() as tape:
    loss = float(w) * w
print(tape.gradient(loss, w))  # path w: lost 7
