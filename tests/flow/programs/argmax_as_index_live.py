"""The index comes from argmax, the value that it picks is live."""

import tensorflow as tf

w = tf.Variable([0.3, 1.6, 0.9])
with tf.GradientTape() as tape:
    best = tf.argmax(w)
    loss = tf.gather(w, best) ** 2
print(tape.gradient(loss, w))  # path w: live
